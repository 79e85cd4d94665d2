"""Let staff in, and let two of them decide."""

revision = "0017_staff"
down_revision = "0016_standing_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
