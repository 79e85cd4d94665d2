"""Build the tables of identity."""

revision = "0004_identity"
down_revision = "0003_notifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to build yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
