"""Give payments back; take held payments in parts."""

revision = "0015_after_sale"
down_revision = "0014_ledger_closings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
