"""Compare our books with other institutions' files."""

revision = "0018_settlement"
down_revision = "0017_staff"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
