"""Build the tables of merchants."""

revision = "0008_merchants"
down_revision = "0007_instruments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to build yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
