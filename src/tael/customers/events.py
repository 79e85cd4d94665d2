"""What customers tells upwards."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tael.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletOpened(Event):
    """A person has a wallet now."""

    topic: ClassVar[str] = "customers.wallet_opened.v1"

    customer: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFrozen(Event):
    """Nothing leaves this wallet until its holder unfreezes it."""

    topic: ClassVar[str] = "customers.wallet_frozen.v1"

    customer: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletUnfrozen(Event):
    """The wallet spends again."""

    topic: ClassVar[str] = "customers.wallet_unfrozen.v1"

    customer: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRaised(Event):
    """The holder is better known now, and may do more."""

    topic: ClassVar[str] = "customers.class_raised.v1"

    customer: UUID
    from_class: int
    to_class: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletClosed(Event):
    """The wallet is gone for good; what others keep for its holder ends too."""

    topic: ClassVar[str] = "customers.wallet_closed.v1"

    customer: UUID
