"""Give payments back; take held payments in parts; count dynamic codes by the day."""

from alembic import op

revision = "0015_after_sale"
down_revision = "0014_ledger_closings"
branch_labels = None
depends_on = None

ORDERS = """
ALTER TABLE payments_orders
    ADD COLUMN capture text NOT NULL DEFAULT 'automatic',
    ADD CONSTRAINT ck_payments_orders_capture_known CHECK (capture IN ('automatic', 'manual')),
    DROP CONSTRAINT ck_payments_orders_state_known,
    ADD CONSTRAINT ck_payments_orders_state_known
        CHECK (state IN ('open', 'paying', 'held', 'paid', 'closed')),
    -- A held order that ends without a capture is closed, and still says by which payment.
    DROP CONSTRAINT ck_payments_orders_payment_told,
    ADD CONSTRAINT ck_payments_orders_payment_told CHECK (
        CASE state WHEN 'open' THEN payment_id IS NULL
                   WHEN 'closed' THEN payment_id IS NULL OR capture = 'manual'
                   ELSE payment_id IS NOT NULL END),
    ADD CONSTRAINT ck_payments_orders_held_by_hand CHECK (state <> 'held' OR capture = 'manual');
"""

PAYMENTS = """
ALTER TABLE payments_payments
    ADD COLUMN fee_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN captured_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded_fee_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunds integer NOT NULL DEFAULT 0,
    ADD COLUMN held_until timestamptz,
    ALTER COLUMN movement_id DROP NOT NULL,
    DROP CONSTRAINT ck_payments_payments_state_known,
    DROP CONSTRAINT ck_payments_payments_balance_is_final,
    DROP CONSTRAINT ck_payments_payments_settled_told;

COMMENT ON COLUMN payments_payments.captured_minor
    IS 'What the shop took so far of a held payment; of another it is zero, and all was taken.';

ALTER TABLE payments_payments
    ADD CONSTRAINT ck_payments_payments_state_known CHECK (state IN (
        'pending', 'held', 'succeeded', 'declined', 'voided', 'expired', 'reversed')),
    -- A payment from the balance posts or holds at once, or is refused: it is never in between.
    ADD CONSTRAINT ck_payments_payments_balance_is_final
        CHECK (funding = 'card' OR state NOT IN ('pending', 'declined')),
    -- Only the balance can be held, and until a moment that is known.
    ADD CONSTRAINT ck_payments_payments_held_from_balance
        CHECK (held_until IS NULL OR funding = 'balance'),
    ADD CONSTRAINT ck_payments_payments_held_has_deadline
        CHECK (state NOT IN ('held', 'voided', 'expired') OR held_until IS NOT NULL),
    ADD CONSTRAINT ck_payments_payments_settled_told
        CHECK ((state IN ('succeeded', 'reversed')) = (settled_at IS NOT NULL)),
    -- What the shop took is within what was held; while it is held, something is left.
    ADD CONSTRAINT ck_payments_payments_captured_fits CHECK (
        CASE WHEN held_until IS NULL OR state IN ('voided', 'expired') THEN captured_minor = 0
             WHEN state = 'held' THEN captured_minor BETWEEN 0 AND amount_minor - 1
             ELSE captured_minor BETWEEN 1 AND amount_minor END),
    ADD CONSTRAINT ck_payments_payments_movement_told CHECK (
        (movement_id IS NOT NULL) = (held_until IS NULL OR captured_minor > 0)),
    ADD CONSTRAINT ck_payments_payments_fee_fits CHECK (fee_minor BETWEEN 0 AND amount_minor),
    -- Whatever the code does, no more is given back than the shop took.
    ADD CONSTRAINT ck_payments_payments_refunded_fits CHECK (
        refunded_minor >= 0
        AND refunded_minor
            <= CASE WHEN held_until IS NULL THEN amount_minor ELSE captured_minor END
        AND refunded_fee_minor BETWEEN 0 AND least(fee_minor, refunded_minor)),
    ADD CONSTRAINT ck_payments_payments_refunds_counted
        CHECK (refunds >= 0 AND (refunds = 0) = (refunded_minor = 0)),
    -- Only money that reached the shop comes back; what was undone whole is not given back too.
    ADD CONSTRAINT ck_payments_payments_refunded_when_paid
        CHECK (refunded_minor = 0 OR state IN ('held', 'succeeded'));

CREATE INDEX ix_payments_payments_held_until ON payments_payments (held_until)
    WHERE state = 'held';
CREATE INDEX ix_payments_payments_held_payer_id ON payments_payments (payer_id)
    WHERE state = 'held';
"""

PARTS = """
CREATE TABLE payments_captures (
    movement_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_payments_captures PRIMARY KEY (movement_id),
    CONSTRAINT fk_payments_captures_payment_id
        FOREIGN KEY (payment_id) REFERENCES payments_payments (id),
    CONSTRAINT ck_payments_captures_amount_positive CHECK (amount_minor > 0)
);
CREATE INDEX ix_payments_captures_payment_id ON payments_captures (payment_id);

CREATE TABLE payments_refunds (
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    part integer NOT NULL,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    destination text NOT NULL,
    state text NOT NULL,
    movement_id uuid NOT NULL,
    operation_id uuid,
    response_code text,
    at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT pk_payments_refunds PRIMARY KEY (id),
    CONSTRAINT fk_payments_refunds_payment_id
        FOREIGN KEY (payment_id) REFERENCES payments_payments (id),
    -- The parts of a payment are numbered from 1: two at once cannot both be the last.
    CONSTRAINT uq_payments_refunds_part UNIQUE (payment_id, part),
    CONSTRAINT uq_payments_refunds_movement_id UNIQUE (movement_id),
    CONSTRAINT uq_payments_refunds_operation_id UNIQUE (operation_id),
    CONSTRAINT ck_payments_refunds_part_counted CHECK (part > 0),
    CONSTRAINT ck_payments_refunds_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_payments_refunds_fee_fits CHECK (fee_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT ck_payments_refunds_reason_fits CHECK (length(reason) <= 50),
    CONSTRAINT ck_payments_refunds_destination_known
        CHECK (destination IN ('balance', 'card', 'suspense')),
    CONSTRAINT ck_payments_refunds_state_known CHECK (state IN ('pending', 'succeeded')),
    -- Only a card's bank has to be asked; what it takes is what it was asked for.
    CONSTRAINT ck_payments_refunds_card_asked
        CHECK (destination <> 'card' OR operation_id IS NOT NULL),
    CONSTRAINT ck_payments_refunds_pending_to_card
        CHECK (state <> 'pending' OR destination = 'card'),
    CONSTRAINT ck_payments_refunds_end_has_time
        CHECK ((state = 'pending') = (finished_at IS NULL))
);
CREATE INDEX ix_payments_refunds_pending ON payments_refunds (payment_id)
    WHERE state = 'pending';
"""

RAILS = """
ALTER TABLE rails_operations
    DROP CONSTRAINT ck_rails_operations_kind_known,
    ADD CONSTRAINT ck_rails_operations_kind_known
        CHECK (kind IN ('top_up', 'withdrawal', 'payment', 'refund')),
    DROP CONSTRAINT ck_rails_operations_withdrawals_not_reversed,
    -- What is given to a card may be spent at once: it is asked again, never reversed.
    ADD CONSTRAINT ck_rails_operations_given_not_reversed
        CHECK (kind NOT IN ('withdrawal', 'refund') OR state NOT IN ('reversing', 'reversed'));
"""

LIMITS = """
-- Barcode rule, level B: dynamic codes by the day, the balance and cards apart.
ALTER TABLE customers_wallets
    ADD COLUMN dynamic_day_used_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN dynamic_cards_day_used_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT ck_customers_wallets_dynamic_not_negative
        CHECK (dynamic_day_used_minor >= 0 AND dynamic_cards_day_used_minor >= 0);

-- A new type beside the old one, which the previous release still writes with.
CREATE TYPE customers_changed_limit_use AS (
    customer_id uuid, used_day date, day_used bigint, static_day_used bigint,
    static_cards_day_used bigint, dynamic_day_used bigint, dynamic_cards_day_used bigint,
    used_year integer, year_used bigint, credit_reserved bigint
);
"""

GRANTS = """
GRANT SELECT, INSERT ON payments_captures TO tael_app;
-- What was given back stays; only how it got there is written later.
GRANT SELECT, INSERT, UPDATE (destination, state, response_code, finished_at)
    ON payments_refunds TO tael_app;
GRANT SELECT ON payments_captures, payments_refunds TO tael_auditor;
"""


def upgrade() -> None:
    """Extend orders, payments, rails and limit use; make the tables of captures and refunds."""
    for block in (ORDERS, PAYMENTS, PARTS, RAILS, LIMITS, GRANTS):
        op.execute(block)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
