"""Let the auditor compare what customers did with what was posted and counted."""

from alembic import op

revision = "0019_auditor"
down_revision = "0018_settlement"
branch_labels = None
depends_on = None

GRANTS = """
-- Numbers only: no name, no phone.
GRANT SELECT (customer_id, account_number, wallet_class, status, used_day, day_used_minor,
        static_day_used_minor, static_cards_day_used_minor, dynamic_day_used_minor,
        dynamic_cards_day_used_minor, used_year, year_used_minor,
        credit_reserved_minor, closed_at)
    ON customers_wallets TO tael_auditor;
"""


def upgrade() -> None:
    """Grant the columns that the auditor's rules read."""
    op.execute(GRANTS)


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
