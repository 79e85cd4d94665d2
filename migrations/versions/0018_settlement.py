"""Build statements' signing keys, and the comparison of our books with the card switch's files."""

from alembic import op

revision = "0018_settlement"
down_revision = "0017_staff"
branch_labels = None
depends_on = None

STATEMENTS = """
-- The key that a sandbox signs its statements with. A real bank names its own by file.
CREATE TABLE statements_signers (
    version     smallint    NOT NULL,
    key_sealed  bytea       NOT NULL,
    certificate bytea       NOT NULL,
    made_at     timestamptz NOT NULL,
    CONSTRAINT pk_statements_signers PRIMARY KEY (version)
);

-- One business day compared with the switch's file. Amounts are what the switch owes us: above
-- zero when it took money from cards for us, below when it gave money to cards for us.
CREATE TABLE settlement_runs (
    day            date        NOT NULL,
    file_digest    bytea       NOT NULL,
    lines          integer     NOT NULL,
    entries        integer     NOT NULL,
    matched        integer     NOT NULL,
    first_sequence bigint      NOT NULL,
    end_sequence   bigint      NOT NULL,
    file_net       bigint      NOT NULL,
    booked_net     bigint      NOT NULL,
    corrected_net  bigint      NOT NULL,
    differing      bigint      NOT NULL,
    run_at         timestamptz NOT NULL,
    changed_digest bytea,
    changed_at     timestamptz,
    CONSTRAINT pk_settlement_runs PRIMARY KEY (day),
    CONSTRAINT ck_settlement_runs_digest_length CHECK (octet_length(file_digest) = 32),
    CONSTRAINT ck_settlement_runs_counts CHECK (lines >= 0 AND entries >= 0 AND matched >= 0),
    -- The days of our account follow each other without a gap.
    CONSTRAINT ck_settlement_runs_range
        CHECK (0 < first_sequence AND first_sequence <= end_sequence),
    -- The proof: the file is what we booked, less our own corrections, plus every difference.
    CONSTRAINT ck_settlement_runs_proof
        CHECK (file_net = booked_net - corrected_net + differing),
    CONSTRAINT ck_settlement_runs_change CHECK ((changed_digest IS NULL) = (changed_at IS NULL))
);

CREATE TABLE settlement_lines (
    day       date        NOT NULL,
    line      integer     NOT NULL,
    type      text        NOT NULL,
    stan      integer     NOT NULL,
    reference text        NOT NULL,
    effect    bigint      NOT NULL,
    response  text        NOT NULL,
    card      text        NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT pk_settlement_lines PRIMARY KEY (day, line),
    CONSTRAINT ck_settlement_lines_type_known
        CHECK (type IN ('purchase', 'credit', 'refund', 'reversal')),
    CONSTRAINT ck_settlement_lines_effect_moves CHECK (effect <> 0)
);
CREATE INDEX ix_settlement_lines_reference ON settlement_lines (reference, day);

-- What we booked with the switch, as it was compared. `sequence` numbers the entries of our
-- account with it; `correction` is the break that an entry made good.
CREATE TABLE settlement_entries (
    sequence   bigint      NOT NULL,
    day        date        NOT NULL,
    movement   uuid        NOT NULL,
    kind       text        NOT NULL,
    reference  text,
    effect     bigint      NOT NULL,
    correction uuid,
    at         timestamptz NOT NULL,
    CONSTRAINT pk_settlement_entries PRIMARY KEY (sequence),
    CONSTRAINT ck_settlement_entries_effect_moves CHECK (effect <> 0)
);
CREATE INDEX ix_settlement_entries_day ON settlement_entries (day);

CREATE TABLE settlement_breaks (
    id            uuid        NOT NULL,
    day           date        NOT NULL,
    type          text        NOT NULL,
    state         text        NOT NULL,
    reference     text        NOT NULL,
    line          integer,
    sequence      bigint,
    file_effect   bigint      NOT NULL,
    booked_effect bigint      NOT NULL,
    difference    bigint      NOT NULL,
    counterpart   uuid,
    movement      uuid,
    reason        text,
    ended_at      timestamptz,
    CONSTRAINT pk_settlement_breaks PRIMARY KEY (id),
    CONSTRAINT ck_settlement_breaks_type_known
        CHECK (type IN ('missing_here', 'missing_there', 'amount', 'duplicate', 'late')),
    CONSTRAINT ck_settlement_breaks_state_known
        CHECK (state IN ('open', 'cleared', 'posted', 'linked')),
    CONSTRAINT ck_settlement_breaks_difference
        CHECK (difference = file_effect - booked_effect AND difference <> 0),
    CONSTRAINT ck_settlement_breaks_end CHECK ((state = 'open') = (ended_at IS NULL)),
    -- It ends by another that takes it back, or by a correction in our books with a reason.
    CONSTRAINT ck_settlement_breaks_ended_how CHECK (
        CASE state
            WHEN 'open' THEN counterpart IS NULL AND movement IS NULL
            WHEN 'posted' THEN counterpart IS NULL AND movement IS NOT NULL AND reason IS NOT NULL
            WHEN 'linked' THEN counterpart IS NOT NULL AND movement IS NULL AND reason IS NOT NULL
            ELSE counterpart IS NOT NULL AND movement IS NULL
        END),
    CONSTRAINT ck_settlement_breaks_late_is_over CHECK (type <> 'late' OR state = 'cleared')
);
CREATE INDEX ix_settlement_breaks_day ON settlement_breaks (day, id);
CREATE INDEX ix_settlement_breaks_open ON settlement_breaks (reference) WHERE state = 'open';

GRANT SELECT, INSERT ON statements_signers, settlement_runs, settlement_lines, settlement_entries,
    settlement_breaks TO tael_app;
GRANT UPDATE (changed_digest, changed_at) ON settlement_runs TO tael_app;
GRANT UPDATE (state, counterpart, movement, reason, ended_at) ON settlement_breaks TO tael_app;
GRANT SELECT ON settlement_runs, settlement_lines, settlement_entries, settlement_breaks
    TO tael_auditor;
"""


def upgrade() -> None:
    """Build statements and settlement."""
    op.execute(STATEMENTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
