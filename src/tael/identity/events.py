"""What identity tells the modules above it."""

from dataclasses import dataclass
from uuid import UUID

from tael.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChanged(Event):
    """A customer's wallet moved to another number."""

    topic = "identity.phone_changed.v1"

    customer: UUID
    phone_masked: str
