"""Build the tables of card_transfers."""

revision = "0011_card_transfers"
down_revision = "0010_transfers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to build yet."""


def downgrade() -> None:
    """Refuse: the schema only goes forward, a mistake is mended by a later migration."""
    raise NotImplementedError
