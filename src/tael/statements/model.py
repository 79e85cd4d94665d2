"""Table of statements: the sandbox's own signing key."""

from datetime import datetime

from sqlalchemy import LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base


class SignerRow(Base):
    """A key that statements are signed with, sealed, and its self-issued certificate."""

    __tablename__ = "statements_signers"

    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    certificate: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
