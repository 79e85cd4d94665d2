"""Tables of merchants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base


class MerchantRow(Base):
    """A business that is paid through its stores, into one account."""

    __tablename__ = "merchants_merchants"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_merchants_merchants"),
        # Two merchants on one account could not be settled apart.
        UniqueConstraint("account_number", name="uq_merchants_merchants_account_number"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_said"),
    )

    id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[UUID | None]
    account_number: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


class StoreRow(Base):
    """A place where a merchant is paid, with its printed code."""

    __tablename__ = "merchants_stores"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_merchants_stores"),
        ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants_merchants.id"],
            name="fk_merchants_stores_merchant_id",
        ),
        # A printed code names one store, or money goes astray.
        UniqueConstraint("static_code", name="uq_merchants_stores_static_code"),
        # The limits of EMVCo tags 59, 64-01 and 60.
        CheckConstraint("length(name) BETWEEN 1 AND 25", name="name_fits"),
        CheckConstraint("length(name_zh) BETWEEN 1 AND 25", name="name_zh_fits"),
        CheckConstraint("length(city) BETWEEN 1 AND 15", name="city_fits"),
        CheckConstraint("mcc ~ '^[0-9]{4}$'", name="mcc_form"),
        CheckConstraint("state IN ('open', 'closed')", name="state_known"),
        Index("ix_merchants_stores_merchant_id", "merchant_id"),
    )

    id: Mapped[UUID]
    merchant_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    mcc: Mapped[str] = mapped_column(Text)
    static_code: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
