"""Build the tables of rails: what we asked the card switch, and how far it has come."""

from alembic import op

revision = "0006_rails"
down_revision = "0005_customers"
branch_labels = None
depends_on = None

STATEMENTS = """
-- Field 11 of ISO 8583 has six digits; with the second of sending it names a request for ever.
CREATE SEQUENCE rails_stan MINVALUE 1 MAXVALUE 999999 CYCLE;

CREATE TABLE rails_operations (
    id              uuid        NOT NULL,
    kind            text        NOT NULL,
    state           text        NOT NULL,
    holder          uuid        NOT NULL,
    reference       uuid        NOT NULL,
    instrument      uuid        NOT NULL,
    currency        text        NOT NULL,
    amount          bigint      NOT NULL,
    pan_sealed      bytea,
    acceptor        text        NOT NULL,
    mcc             text        NOT NULL,
    stan            integer     NOT NULL,
    transmitted_at  timestamptz NOT NULL,
    began_at        timestamptz NOT NULL,
    final_by        timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    due_at          timestamptz,
    response_code   text,
    approval_code   text,
    late_code       text,
    reversal_stan   integer,
    reversal_at     timestamptz,
    finished_at     timestamptz,
    CONSTRAINT pk_rails_operations PRIMARY KEY (id),
    -- One business act is asked of the switch once.
    CONSTRAINT uq_rails_operations_kind_reference UNIQUE (kind, reference),
    -- The switch tells requests apart by these two: a second one would get the first one's answer.
    CONSTRAINT uq_rails_operations_stan_transmitted_at UNIQUE (stan, transmitted_at),
    CONSTRAINT ck_rails_operations_kind_known
        CHECK (kind IN ('top_up', 'withdrawal', 'payment')),
    CONSTRAINT ck_rails_operations_state_known
        CHECK (state IN ('intended', 'sent', 'unknown', 'reversing',
            'approved', 'declined', 'reversed')),
    CONSTRAINT ck_rails_operations_amount_fits CHECK (amount BETWEEN 1 AND 999999999999),
    CONSTRAINT ck_rails_operations_stan_fits CHECK (stan BETWEEN 1 AND 999999),
    -- Every sending of a reversal carries the same key, so it must be known before the first.
    CONSTRAINT ck_rails_operations_reversal_named CHECK (
        (reversal_stan IS NULL) = (reversal_at IS NULL)
        AND (state NOT IN ('reversing', 'reversed') OR reversal_stan IS NOT NULL)),
    -- What is not final has a time to go on; what is final is never touched again.
    CONSTRAINT ck_rails_operations_open_is_due
        CHECK ((finished_at IS NULL) = (due_at IS NOT NULL)),
    CONSTRAINT ck_rails_operations_final_has_time
        CHECK ((state IN ('approved', 'declined', 'reversed')) = (finished_at IS NOT NULL)),
    -- The card number is kept only while it may have to be sent again.
    CONSTRAINT ck_rails_operations_pan_while_open
        CHECK ((finished_at IS NULL) = (pan_sealed IS NOT NULL)),
    -- What is paid out may be spent at once: it is asked again, never reversed.
    CONSTRAINT ck_rails_operations_withdrawals_not_reversed
        CHECK (kind <> 'withdrawal' OR state NOT IN ('reversing', 'reversed'))
);
CREATE INDEX ix_rails_operations_due_at ON rails_operations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_rails_operations_instrument ON rails_operations (instrument)
    WHERE finished_at IS NULL;

GRANT USAGE ON SEQUENCE rails_stan TO tael_app;
-- What was asked stays as it was; only its progress is written.
GRANT SELECT, INSERT,
    UPDATE (state, pan_sealed, final_by, attempts, due_at, response_code, approval_code,
        late_code, reversal_stan, reversal_at, finished_at)
    ON rails_operations TO tael_app;
GRANT SELECT (id, kind, state, holder, reference, currency, amount, began_at, finished_at)
    ON rails_operations TO tael_auditor;
"""


def upgrade() -> None:
    """Build the operations and the counter that names them on the wire."""
    op.execute(STATEMENTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
