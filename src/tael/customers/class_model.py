"""The table of wallets' classes over time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base


class ClassRow(Base):
    """The class that a wallet has had since a moment of business time."""

    __tablename__ = "customers_classes"
    __table_args__ = (
        CheckConstraint("wallet_class BETWEEN 1 AND 4", name="class_known"),
        Index("ix_customers_classes_named", "since", postgresql_where=text("wallet_class < 4")),
    )

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers_wallets.customer_id"), primary_key=True
    )
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    wallet_class: Mapped[int] = mapped_column(SmallInteger)
