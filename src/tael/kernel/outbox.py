"""The outbox: what happened is told in the transaction in which it happened.

A module calls downwards and tells upwards: it emits events here, and whoever stands above
subscribes. Order is given after commit by a sequencer, because commit order is not id order:
a reader that followed ids would skip an event whose transaction was slow. A subscriber's
effect and its cursor commit together, so each event takes effect exactly once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, TypeAlias
from uuid import UUID

import orjson

from tael.kernel.clock import machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.ids import new_id
from tael.kernel.money import Money
from tael.kernel.turns import in_turns

JsonValue: TypeAlias = "str | int | bool | dict[str, JsonValue] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The base of every event. A changed meaning is a new version in the topic's name."""

    topic: ClassVar[str]

    def payload(self) -> str:
        """The event's fields as a JSON object."""
        told = {name: getattr(self, name) for name in _names_of(type(self))}
        return orjson.dumps(told, default=_json, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event with its place in the one order that all readers see."""

    position: int
    topic: str
    payload: dict[str, Any]
    recorded_at: datetime


Handler: TypeAlias = Callable[[WriteSession, RecordedEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who follows topics. `name` keys the cursor: renaming starts anew."""

    name: str
    topics: frozenset[str]
    receive: Handler


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something to do again and again, safe to run in several workers at once."""

    name: str
    every_s: float
    run: Callable[[Database], Awaitable[None]]


async def emit(session: WriteSession, *events: Event) -> None:
    """Record events in this transaction; nothing is told if it rolls back."""
    if not events:
        return
    rows: list[tuple[UUID, str, str]] = []
    async for some in in_turns(events):
        rows += [(new_id(), event.topic, event.payload()) for event in some]
    await session.execute(
        """
        INSERT INTO kernel_outbox (id, topic, payload, recorded_at)
        SELECT n.id, n.topic, n.payload::jsonb, $2
        FROM unnest($1::kernel_new_event[]) AS n
        """,
        rows,
        machine_now(),
    )


_names: dict[type[Event], tuple[str, ...]] = {}


def _names_of(kind: type[Event]) -> tuple[str, ...]:
    """The names of an event's fields; asking the dataclass each time would show."""
    known = _names.get(kind)
    if known is None:
        known = _names[kind] = tuple(field.name for field in fields(kind))
    return known


def _json(value: object) -> JsonValue:
    """What the encoder does not know by itself."""
    match value:
        case UUID():
            return str(value)
        case Money():
            return {"value": value.minor, "currency": value.currency.code}
        case _:
            raise TypeError(f"an event cannot carry {type(value).__name__}")
