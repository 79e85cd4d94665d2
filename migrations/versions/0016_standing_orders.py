"""Send money later and again."""

from alembic import op

revision = "0016_standing_orders"
down_revision = "0015_after_sale"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE transfers_standing_orders (
    id uuid NOT NULL,
    payer_id uuid NOT NULL,
    payee_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    memo text NOT NULL,
    every text NOT NULL,
    first_on date NOT NULL,
    last_on date,
    state text NOT NULL,
    next_on date,
    retry_at timestamptz,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT pk_transfers_standing_orders PRIMARY KEY (id),
    CONSTRAINT ck_transfers_standing_orders_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_transfers_standing_orders_two_persons CHECK (payer_id <> payee_id),
    CONSTRAINT ck_transfers_standing_orders_memo_fits CHECK (length(memo) <= 50),
    CONSTRAINT ck_transfers_standing_orders_every_known
        CHECK (every IN ('once', 'week', 'month')),
    CONSTRAINT ck_transfers_standing_orders_state_known
        CHECK (state IN ('active', 'finished', 'cancelled', 'ended')),
    CONSTRAINT ck_transfers_standing_orders_days_in_order CHECK (last_on >= first_on),
    -- What still sends knows when; what has ended never sends again.
    CONSTRAINT ck_transfers_standing_orders_active_has_next
        CHECK ((state = 'active') = (next_on IS NOT NULL)),
    CONSTRAINT ck_transfers_standing_orders_end_has_time
        CHECK ((state = 'active') = (ended_at IS NULL))
);
CREATE INDEX ix_transfers_standing_orders_payer_id
    ON transfers_standing_orders (payer_id, created_at);
CREATE INDEX ix_transfers_standing_orders_due ON transfers_standing_orders (next_on)
    WHERE state = 'active';
CREATE INDEX ix_transfers_standing_orders_payee_id ON transfers_standing_orders (payee_id)
    WHERE state = 'active';

CREATE TABLE transfers_standing_runs (
    order_id uuid NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL,
    transfer_id uuid,
    movement_id uuid,
    refusal text,
    at timestamptz NOT NULL,
    -- A day is run once, whatever the clock and the workers do.
    CONSTRAINT pk_transfers_standing_runs PRIMARY KEY (order_id, due_on),
    CONSTRAINT fk_transfers_standing_runs_order_id
        FOREIGN KEY (order_id) REFERENCES transfers_standing_orders (id),
    CONSTRAINT ck_transfers_standing_runs_state_known CHECK (state IN ('sent', 'failed')),
    CONSTRAINT ck_transfers_standing_runs_sent_names_transfer
        CHECK ((state = 'sent') = (transfer_id IS NOT NULL)),
    CONSTRAINT ck_transfers_standing_runs_failed_tells_why
        CHECK ((state = 'failed') = (refusal IS NOT NULL))
);

-- What was authorised stays as it was; only its progress is written.
GRANT SELECT, INSERT, UPDATE (state, next_on, retry_at, ended_at)
    ON transfers_standing_orders TO tael_app;
GRANT SELECT, INSERT ON transfers_standing_runs TO tael_app;
GRANT SELECT ON transfers_standing_orders, transfers_standing_runs TO tael_auditor;
"""


def upgrade() -> None:
    """Make the tables of standing orders and of their runs."""
    op.execute(STATEMENTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
