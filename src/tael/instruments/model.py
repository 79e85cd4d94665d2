"""Tables of instruments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)


class BindingRow(Base):
    """A card that a customer wants to bind, until its bank has said yes or no."""

    __tablename__ = "instruments_bindings"
    __table_args__ = (
        CheckConstraint(
            "state IN ('started', 'code_sent', 'bound', 'refused', 'ended')", name="state_known"
        ),
        CheckConstraint("tries >= 0", name="tries_counted"),
        CheckConstraint(
            "(state IN ('bound', 'refused', 'ended')) = (finished_at IS NOT NULL)",
            name="end_has_time",
        ),
        # What a person told about a card is forgotten as soon as it is not needed.
        CheckConstraint(
            "(finished_at IS NULL) = (told_sealed IS NOT NULL)", name="told_while_open"
        ),
        CheckConstraint("(state = 'bound') = (card_id IS NOT NULL)", name="bound_has_card"),
        Index(
            "ix_instruments_bindings_customer_id_pan_hash",
            "customer_id",
            "pan_hash",
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index(
            "ix_instruments_bindings_expires_at",
            "expires_at",
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    state: Mapped[str]
    pan_hash: Mapped[bytes] = mapped_column(LargeBinary)
    last4: Mapped[str]
    told_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_masked: Mapped[str]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    card_id: Mapped[UUID | None]
    began_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)
    finished_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class CardRow(Base):
    """A bound card: its number sealed, a hash to know it again, and what may be shown."""

    __tablename__ = "instruments_cards"
    __table_args__ = (
        CheckConstraint("kind IN ('debit', 'credit')", name="kind_known"),
        CheckConstraint("bin ~ '^[0-9]{6}$'", name="bin_form"),
        CheckConstraint("last4 ~ '^[0-9]{4}$'", name="last4_form"),
        # A removed card leaves nothing that could be charged or read.
        CheckConstraint(
            "(removed_at IS NULL) = (pan_sealed IS NOT NULL)"
            " AND (removed_at IS NULL) = (holder_sealed IS NOT NULL)",
            name="sealed_while_bound",
        ),
        # One card stands once in a wallet.
        Index(
            "uq_instruments_cards_customer_id_pan_hash",
            "customer_id",
            "pan_hash",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    pan_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    pan_hash: Mapped[bytes] = mapped_column(LargeBinary)
    bin: Mapped[str]
    last4: Mapped[str]
    bank: Mapped[str]
    kind: Mapped[str]
    holder_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    holder_masked: Mapped[str]
    own_name: Mapped[bool]
    own_phone: Mapped[bool]
    bound_at: Mapped[datetime] = mapped_column(_INSTANT)
    removed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
