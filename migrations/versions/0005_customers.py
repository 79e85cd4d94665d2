"""Build the tables of customers."""

revision = "0005_customers"
down_revision = "0004_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to build yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
