"""What rails tells upwards."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tael.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFinished(Event):
    """The outcome of an operation is certain. `state` is approved, declined or reversed."""

    topic: ClassVar[str] = "rails.operation_finished.v1"

    operation: UUID
    kind: str
    reference: UUID
    state: str
    response_code: str | None
