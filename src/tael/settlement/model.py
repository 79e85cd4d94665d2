"""Tables of settlement. Which rule each constraint holds is told in the migration."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base


class RunRow(Base):
    """A business day compared with the switch's file."""

    __tablename__ = "settlement_runs"
    __table_args__ = (
        CheckConstraint("octet_length(file_digest) = 32", name="digest_length"),
        CheckConstraint("lines >= 0 AND entries >= 0 AND matched >= 0", name="counts"),
        CheckConstraint("0 < first_sequence AND first_sequence <= end_sequence", name="range"),
        CheckConstraint("file_net = booked_net - corrected_net + differing", name="proof"),
        CheckConstraint("(changed_digest IS NULL) = (changed_at IS NULL)", name="change"),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    file_digest: Mapped[bytes] = mapped_column(LargeBinary)
    lines: Mapped[int]
    entries: Mapped[int]
    matched: Mapped[int]
    first_sequence: Mapped[int] = mapped_column(BigInteger)
    end_sequence: Mapped[int] = mapped_column(BigInteger)
    file_net: Mapped[int] = mapped_column(BigInteger)
    booked_net: Mapped[int] = mapped_column(BigInteger)
    corrected_net: Mapped[int] = mapped_column(BigInteger)
    differing: Mapped[int] = mapped_column(BigInteger)
    run_at: Mapped[datetime]
    changed_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime | None]


class LineRow(Base):
    """A line of a day's file."""

    __tablename__ = "settlement_lines"
    __table_args__ = (
        CheckConstraint("type IN ('purchase', 'credit', 'refund', 'reversal')", name="type_known"),
        CheckConstraint("effect <> 0", name="effect_moves"),
        Index("ix_settlement_lines_reference", "reference", "day"),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str]
    stan: Mapped[int]
    reference: Mapped[str]
    effect: Mapped[int] = mapped_column(BigInteger)
    response: Mapped[str]
    card: Mapped[str]
    at: Mapped[datetime]


class EntryRow(Base):
    """What we booked with the switch, as it was compared."""

    __tablename__ = "settlement_entries"
    __table_args__ = (
        CheckConstraint("effect <> 0", name="effect_moves"),
        Index("ix_settlement_entries_day", "day"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date]
    movement: Mapped[UUID]
    kind: Mapped[str]
    reference: Mapped[str | None]
    effect: Mapped[int] = mapped_column(BigInteger)
    correction: Mapped[UUID | None]
    at: Mapped[datetime]


class BreakRow(Base):
    """A reference on which a day's file and our books differ."""

    __tablename__ = "settlement_breaks"
    __table_args__ = (
        CheckConstraint(
            "type IN ('missing_here', 'missing_there', 'amount', 'duplicate', 'late')",
            name="type_known",
        ),
        CheckConstraint("state IN ('open', 'cleared', 'posted', 'linked')", name="state_known"),
        CheckConstraint(
            "difference = file_effect - booked_effect AND difference <> 0", name="difference"
        ),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="end"),
        CheckConstraint(
            "CASE state WHEN 'open' THEN counterpart IS NULL AND movement IS NULL"
            " WHEN 'posted' THEN counterpart IS NULL AND movement IS NOT NULL"
            " AND reason IS NOT NULL"
            " WHEN 'linked' THEN counterpart IS NOT NULL AND movement IS NULL"
            " AND reason IS NOT NULL"
            " ELSE counterpart IS NOT NULL AND movement IS NULL END",
            name="ended_how",
        ),
        CheckConstraint("type <> 'late' OR state = 'cleared'", name="late_is_over"),
        Index("ix_settlement_breaks_day", "day", "id"),
        Index("ix_settlement_breaks_open", "reference", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date]
    type: Mapped[str]
    state: Mapped[str]
    reference: Mapped[str]
    line: Mapped[int | None]
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    file_effect: Mapped[int] = mapped_column(BigInteger)
    booked_effect: Mapped[int] = mapped_column(BigInteger)
    difference: Mapped[int] = mapped_column(BigInteger)
    counterpart: Mapped[UUID | None]
    movement: Mapped[UUID | None]
    reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
