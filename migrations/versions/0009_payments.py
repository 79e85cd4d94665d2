"""Build the tables of payments."""

from alembic import op

revision = "0009_payments"
down_revision = "0008_merchants"
branch_labels = None
depends_on = None

ORDERS = """
CREATE TABLE payments_orders (
    id uuid NOT NULL,
    store_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    description text NOT NULL,
    token text NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    payment_id uuid,
    paid_at timestamptz,
    CONSTRAINT pk_payments_orders PRIMARY KEY (id),
    CONSTRAINT fk_payments_orders_store_id
        FOREIGN KEY (store_id) REFERENCES merchants_stores (id),
    CONSTRAINT uq_payments_orders_token UNIQUE (token),
    CONSTRAINT ck_payments_orders_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_payments_orders_description_fits CHECK (length(description) BETWEEN 1 AND 50),
    CONSTRAINT ck_payments_orders_state_known
        CHECK (state IN ('open', 'paying', 'paid', 'closed')),
    CONSTRAINT ck_payments_orders_expires_later CHECK (expires_at > created_at),
    CONSTRAINT ck_payments_orders_payment_told
        CHECK ((state IN ('paying', 'paid')) = (payment_id IS NOT NULL)),
    CONSTRAINT ck_payments_orders_paid_told CHECK ((state = 'paid') = (paid_at IS NOT NULL))
);
COMMENT ON CONSTRAINT uq_payments_orders_token ON payments_orders
    IS 'The token in a QR code names one order.';
COMMENT ON CONSTRAINT ck_payments_orders_payment_told ON payments_orders
    IS 'An order that is taken says by which payment.';
CREATE INDEX ix_payments_orders_store_id ON payments_orders (store_id, created_at);
"""

PAYMENTS = """
CREATE TABLE payments_payments (
    id uuid NOT NULL,
    payer_id uuid NOT NULL,
    store_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    order_id uuid,
    level text NOT NULL,
    funding text NOT NULL,
    card_id uuid,
    operation_id uuid,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    movement_id uuid NOT NULL,
    final_by timestamptz,
    decline_code text,
    at timestamptz NOT NULL,
    settled_at timestamptz,
    CONSTRAINT pk_payments_payments PRIMARY KEY (id),
    CONSTRAINT ck_payments_payments_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_payments_payments_level_known CHECK (level IN ('B', 'D')),
    CONSTRAINT ck_payments_payments_level_follows_code
        CHECK ((level = 'D') = (order_id IS NULL)),
    CONSTRAINT ck_payments_payments_state_known
        CHECK (state IN ('pending', 'succeeded', 'declined')),
    CONSTRAINT ck_payments_payments_funding_known CHECK (
        (funding = 'balance' AND card_id IS NULL AND operation_id IS NULL)
        OR (funding = 'card' AND card_id IS NOT NULL AND operation_id IS NOT NULL)
    ),
    CONSTRAINT ck_payments_payments_balance_is_final
        CHECK (funding = 'card' OR state = 'succeeded'),
    CONSTRAINT ck_payments_payments_pending_has_deadline
        CHECK (state <> 'pending' OR final_by IS NOT NULL),
    CONSTRAINT ck_payments_payments_settled_told
        CHECK ((state = 'succeeded') = (settled_at IS NOT NULL)),
    CONSTRAINT ck_payments_payments_decline_told
        CHECK ((state = 'declined') = (decline_code IS NOT NULL))
);
COMMENT ON CONSTRAINT ck_payments_payments_balance_is_final ON payments_payments
    IS 'A payment from the balance posts at once or is refused: it is never in between.';
CREATE UNIQUE INDEX uq_payments_payments_order_paid_once
    ON payments_payments (order_id)
    WHERE order_id IS NOT NULL AND state <> 'declined';
COMMENT ON INDEX uq_payments_payments_order_paid_once
    IS 'Whatever the code does, one order is never paid twice.';
CREATE UNIQUE INDEX uq_payments_payments_one_pending_alike
    ON payments_payments (payer_id, store_id, amount_minor)
    WHERE state = 'pending';
COMMENT ON INDEX uq_payments_payments_one_pending_alike
    IS 'While an outcome is unknown, the same amount to the same payee waits.';
CREATE UNIQUE INDEX uq_payments_payments_operation_once
    ON payments_payments (operation_id)
    WHERE operation_id IS NOT NULL;
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON payments_orders, payments_payments TO tael_app;
GRANT SELECT ON payments_orders, payments_payments TO tael_auditor;
"""


def upgrade() -> None:
    """Make the tables of orders and payments."""
    op.execute(ORDERS)
    op.execute(PAYMENTS)
    op.execute(GRANTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
