"""Close days and months; accrue interest."""

revision = "0014_ledger_closings"
down_revision = "0013_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
