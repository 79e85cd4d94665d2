"""Build the tables of instruments: bound cards, and bindings on their way."""

from alembic import op

revision = "0007_instruments"
down_revision = "0006_rails"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE instruments_bindings (
    id            uuid        NOT NULL,
    customer_id   uuid        NOT NULL,
    state         text        NOT NULL,
    pan_hash      bytea       NOT NULL,
    last4         text        NOT NULL,
    told_sealed   bytea,
    phone_masked  text        NOT NULL,
    tries         smallint    NOT NULL DEFAULT 0,
    card_id       uuid,
    began_at      timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    finished_at   timestamptz,
    CONSTRAINT pk_instruments_bindings PRIMARY KEY (id),
    CONSTRAINT ck_instruments_bindings_state_known
        CHECK (state IN ('started', 'code_sent', 'bound', 'refused', 'ended')),
    CONSTRAINT ck_instruments_bindings_tries_counted CHECK (tries >= 0),
    CONSTRAINT ck_instruments_bindings_end_has_time
        CHECK ((state IN ('bound', 'refused', 'ended')) = (finished_at IS NOT NULL)),
    -- What a person told about a card is forgotten as soon as it is not needed.
    CONSTRAINT ck_instruments_bindings_told_while_open
        CHECK ((finished_at IS NULL) = (told_sealed IS NOT NULL)),
    CONSTRAINT ck_instruments_bindings_bound_has_card
        CHECK ((state = 'bound') = (card_id IS NOT NULL))
);
CREATE INDEX ix_instruments_bindings_customer_id_pan_hash
    ON instruments_bindings (customer_id, pan_hash) WHERE finished_at IS NULL;
CREATE INDEX ix_instruments_bindings_expires_at
    ON instruments_bindings (expires_at) WHERE finished_at IS NULL;

CREATE TABLE instruments_cards (
    id            uuid        NOT NULL,
    customer_id   uuid        NOT NULL,
    pan_sealed    bytea,
    pan_hash      bytea       NOT NULL,
    bin           text        NOT NULL,
    last4         text        NOT NULL,
    bank          text        NOT NULL,
    kind          text        NOT NULL,
    holder_sealed bytea,
    holder_masked text        NOT NULL,
    own_name      boolean     NOT NULL,
    own_phone     boolean     NOT NULL,
    bound_at      timestamptz NOT NULL,
    removed_at    timestamptz,
    CONSTRAINT pk_instruments_cards PRIMARY KEY (id),
    CONSTRAINT ck_instruments_cards_kind_known CHECK (kind IN ('debit', 'credit')),
    CONSTRAINT ck_instruments_cards_bin_form CHECK (bin ~ '^[0-9]{6}$'),
    CONSTRAINT ck_instruments_cards_last4_form CHECK (last4 ~ '^[0-9]{4}$'),
    -- A removed card leaves nothing that could be charged or read.
    CONSTRAINT ck_instruments_cards_sealed_while_bound
        CHECK ((removed_at IS NULL) = (pan_sealed IS NOT NULL)
            AND (removed_at IS NULL) = (holder_sealed IS NOT NULL))
);
-- One card stands once in a wallet: two rows could be used for one amount twice.
CREATE UNIQUE INDEX uq_instruments_cards_customer_id_pan_hash
    ON instruments_cards (customer_id, pan_hash) WHERE removed_at IS NULL;

GRANT SELECT, INSERT,
    UPDATE (state, told_sealed, tries, card_id, expires_at, finished_at)
    ON instruments_bindings TO tael_app;
GRANT SELECT, INSERT,
    UPDATE (pan_sealed, holder_sealed, own_name, own_phone, removed_at)
    ON instruments_cards TO tael_app;
"""


def upgrade() -> None:
    """Build cards and bindings."""
    op.execute(STATEMENTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
