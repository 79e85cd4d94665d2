"""Build the tables of rails."""

revision = "0006_rails"
down_revision = "0005_customers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to build yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
