"""The log's tables. Which rule each constraint and trigger holds is told in the migration."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base


class LogRow(Base):
    """The tree as it stands: one row, which whoever appends locks."""

    __tablename__ = "audit_log"
    __table_args__ = (
        CheckConstraint('"only"', name="only"),
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint("octet_length(root) = 32", name="root"),
    )

    only: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes] = mapped_column(LargeBinary)


class LeafRow(Base):
    """Where something stands in the log, and the salt that its entry was made with."""

    __tablename__ = "audit_leaves"
    __table_args__ = (
        CheckConstraint('"position" >= 0', name="position"),
        CheckConstraint("octet_length(salt) = 16", name="salt"),
    )

    subject: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    salt: Mapped[bytes] = mapped_column(LargeBinary)


class BundleRow(Base):
    """Up to 256 entries in a row: level 0 of the tree before it is hashed."""

    __tablename__ = "audit_bundles"
    __table_args__ = (
        CheckConstraint("number >= 0", name="number"),
        CheckConstraint(
            "octet_length(entries) BETWEEN 32 AND 8192 AND octet_length(entries) % 32 = 0",
            name="entries",
        ),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entries: Mapped[bytes] = mapped_column(LargeBinary)


class TileRow(Base):
    """Up to 256 hashes of full tiles of the level below; level 1 is above the bundles."""

    __tablename__ = "audit_tiles"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 7", name="level"),
        CheckConstraint("number >= 0", name="number"),
        CheckConstraint(
            "octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0",
            name="hashes",
        ),
    )

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class CheckpointRow(Base):
    """A signed checkpoint that was published; each day's last one stays."""

    __tablename__ = "audit_checkpoints"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("octet_length(root) = 32", name="root"),
        Index("ix_audit_checkpoints_day", "day", "size"),
    )

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str]
    day: Mapped[date]
    at: Mapped[datetime]


class KeyRow(Base):
    """A key that signs checkpoints from one moment to another, sealed."""

    __tablename__ = "audit_keys"
    __table_args__ = (
        CheckConstraint("octet_length(public) = 32", name="public"),
        CheckConstraint("signs_until IS NULL OR signs_until > signs_from", name="window"),
    )

    public: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    name: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    announcement: Mapped[str]
    signs_from: Mapped[datetime]
    signs_until: Mapped[datetime | None]
