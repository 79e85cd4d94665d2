"""Build the tables of instruments."""

revision = "0007_instruments"
down_revision = "0006_rails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to build yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
