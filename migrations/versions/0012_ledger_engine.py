"""Holds in parts, effective dates, entries by month."""

revision = "0012_ledger_engine"
down_revision = "0011_card_transfers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
