"""Build the table of top-ups and withdrawals."""

from alembic import op

revision = "0011_card_transfers"
down_revision = "0010_transfers"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE transfers_card_transfers (
    id            uuid        NOT NULL,
    customer_id   uuid        NOT NULL,
    kind          text        NOT NULL,
    state         text        NOT NULL DEFAULT 'pending',
    amount_minor  bigint      NOT NULL,
    currency      text        NOT NULL,
    card_id       uuid        NOT NULL,
    card_label    text        NOT NULL,
    operation_id  uuid        NOT NULL,
    hold_id       uuid,
    movement_id   uuid,
    response_code text,
    at            timestamptz NOT NULL,
    finished_at   timestamptz,
    CONSTRAINT pk_transfers_card_transfers PRIMARY KEY (id),
    -- One operation at the switch is one top-up or withdrawal.
    CONSTRAINT uq_transfers_card_transfers_operation_id UNIQUE (operation_id),
    CONSTRAINT ck_transfers_card_transfers_kind_known CHECK (kind IN ('top_up', 'withdrawal')),
    CONSTRAINT ck_transfers_card_transfers_state_known
        CHECK (state IN ('pending', 'succeeded', 'declined', 'reversed')),
    CONSTRAINT ck_transfers_card_transfers_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_transfers_card_transfers_end_has_time
        CHECK ((state = 'pending') = (finished_at IS NULL)),
    -- Money moved exactly when it succeeded.
    CONSTRAINT ck_transfers_card_transfers_success_moved
        CHECK ((state = 'succeeded') = (movement_id IS NOT NULL)),
    -- What may leave is set aside before the card's bank is asked.
    CONSTRAINT ck_transfers_card_transfers_withdrawal_held
        CHECK ((kind = 'withdrawal') = (hold_id IS NOT NULL))
);
-- A second one like it waits until the first is certain: two answers could not be told apart by
-- the customer, and he may only have tapped twice.
CREATE UNIQUE INDEX uq_transfers_card_transfers_pending
    ON transfers_card_transfers (customer_id, kind, card_id, currency, amount_minor)
    WHERE state = 'pending';

GRANT SELECT, INSERT, UPDATE (state, movement_id, response_code, finished_at)
    ON transfers_card_transfers TO tael_app;
GRANT SELECT ON transfers_card_transfers TO tael_auditor;
"""


def upgrade() -> None:
    """Build card transfers."""
    op.execute(STATEMENTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
