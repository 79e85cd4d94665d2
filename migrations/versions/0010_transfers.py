"""Build the tables of transfers between persons."""

from alembic import op

revision = "0010_transfers"
down_revision = "0009_payments"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE transfers_transfers (
    id uuid NOT NULL,
    payer_id uuid NOT NULL,
    payee_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    memo text NOT NULL,
    movement_id uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_transfers_transfers PRIMARY KEY (id),
    CONSTRAINT ck_transfers_transfers_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_transfers_transfers_two_persons CHECK (payer_id <> payee_id),
    CONSTRAINT ck_transfers_transfers_memo_fits CHECK (length(memo) <= 50)
);

CREATE TABLE transfers_payees (
    customer_id uuid NOT NULL,
    payee_id uuid NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    sent_while_new_minor bigint NOT NULL,
    CONSTRAINT pk_transfers_payees PRIMARY KEY (customer_id, payee_id),
    CONSTRAINT ck_transfers_payees_in_order CHECK (first_at <= last_at),
    CONSTRAINT ck_transfers_payees_sent_positive CHECK (sent_while_new_minor > 0)
);
COMMENT ON COLUMN transfers_payees.sent_while_new_minor
    IS 'What went to this payee while new: capped for some hours after the first transfer.';
CREATE INDEX ix_transfers_payees_recent ON transfers_payees (customer_id, last_at DESC);

CREATE TABLE transfers_receive_codes (
    customer_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    token text NOT NULL,
    memo text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT pk_transfers_receive_codes PRIMARY KEY (customer_id, amount_minor),
    CONSTRAINT uq_transfers_receive_codes_token UNIQUE (token),
    CONSTRAINT ck_transfers_receive_codes_amount_not_negative CHECK (amount_minor >= 0),
    CONSTRAINT ck_transfers_receive_codes_memo_fits CHECK (length(memo) <= 50),
    CONSTRAINT ck_transfers_receive_codes_expires_later CHECK (expires_at > created_at),
    CONSTRAINT ck_transfers_receive_codes_used_with_amount
        CHECK (used_at IS NULL OR amount_minor > 0)
);
COMMENT ON COLUMN transfers_receive_codes.amount_minor
    IS 'Zero where the payer chooses the amount.';
COMMENT ON CONSTRAINT pk_transfers_receive_codes ON transfers_receive_codes
    IS 'One live code a customer and amount: a new one takes the place of the old.';
COMMENT ON CONSTRAINT ck_transfers_receive_codes_used_with_amount ON transfers_receive_codes
    IS 'Only a code for a fixed amount is used up by one transfer.';
CREATE INDEX ix_transfers_receive_codes_expires_at ON transfers_receive_codes (expires_at);
"""

GRANTS = """
GRANT SELECT, INSERT ON transfers_transfers TO tael_app;
GRANT SELECT, INSERT, UPDATE ON transfers_payees TO tael_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON transfers_receive_codes TO tael_app;
GRANT SELECT ON transfers_transfers TO tael_auditor;
"""


def upgrade() -> None:
    """Make the tables of transfers, of known payees and of receive codes."""
    op.execute(TABLES)
    op.execute(GRANTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
