"""Keep a transparency log of what was posted."""

revision = "0013_audit"
down_revision = "0012_ledger_engine"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
