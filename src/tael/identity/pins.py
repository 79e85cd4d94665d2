"""Payment PINs: how they are kept, and how one is checked.

A PIN is kept as Argon2id (RFC 9106) over an HMAC-SHA-256 of PIN and customer under a pepper
that the database does not hold: a stolen database alone gives no PIN, although there are only
a million of them. Hashing takes tens of milliseconds, so it runs in a few threads, never on
the event loop and never inside a transaction.

A check is three steps: count a try (committed at once), hash, record. The count comes first,
so that guesses in parallel, a crash or a client that leaves never yield a sixth guess.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from tael.identity import rules
from tael.identity.errors import NotRegistered, PinLocked, PinWeak, PinWrong
from tael.identity.notices import notify
from tael.kernel.database import WriteSession
from tael.kernel.refusals import Overloaded
from tael.kernel.sealed import Sealer
from tael.kernel.settings import Settings
from tael.notifications import Template

WAITING_MAX: Final = 200
"""More PIN checks than this in line, and newcomers are asked to come back."""

Purpose = Literal["pin", "password"]
"""What a secret is for: the hash of one is of no use for the other."""

_PARALLELISM: Final = 1
_T = TypeVar("_T")


def refuse_weak_pin(pin: str, facts: rules.PinFacts) -> None:
    """Refuse `identity.pin_weak` with `why`, or return."""
    weakness = rules.pin_weakness(pin, facts)
    if weakness is not None:
        raise PinWeak(why=weakness.value)


@dataclass(frozen=True, slots=True)
class PinHash:
    """A hash with everything needed to check it: the pepper's version, then Argon2's own form."""

    text: str = field(repr=False)


class PinHasher:
    """Hashes and compares PINs and passwords in a bounded number of threads; one a process."""

    def __init__(self, peppers: dict[int, bytes], *, argon: PasswordHasher, threads: int) -> None:
        assert peppers, "a ring has at least one pepper"
        self._peppers = peppers
        self._current = max(peppers)
        self._argon = argon
        self._seats = asyncio.Semaphore(threads)
        self._waiting = 0
        self._running: set[asyncio.Task[Any]] = set()

    @classmethod
    def of(cls, settings: Settings) -> "PinHasher":
        """The hasher of this deployment. Parameters may change: hashes follow as PINs are used."""
        argon = PasswordHasher(
            time_cost=settings.pin_hash_rounds,
            memory_cost=settings.pin_hash_memory_kib,
            parallelism=_PARALLELISM,
            type=Type.ID,
        )
        return cls(settings.pin_keys, argon=argon, threads=settings.pin_hash_threads)

    def __repr__(self) -> str:
        return f"PinHasher(peppers={sorted(self._peppers)})"

    def admit(self) -> None:
        """Refuse `kernel.overloaded` while the line is long: before a try is counted."""
        if self._waiting >= WAITING_MAX:
            raise Overloaded(retry_after_s=2)

    async def choose(self, customer_id: UUID, pin: str, facts: rules.PinFacts) -> PinHash:
        """Hash a PIN that somebody chose; refuses `identity.pin_weak` with `why`."""
        refuse_weak_pin(pin, facts)
        return await self.hash(customer_id, pin)

    async def hash(self, owner: UUID, secret: str, *, purpose: Purpose = "pin") -> PinHash:
        """Hash a customer's PIN, or the password of staff, as it is."""
        peppered = self._peppered(self._current, owner, secret, purpose)
        encoded = await self._in_thread(lambda: self._argon.hash(peppered))
        return PinHash(f"{self._current}:{encoded}")

    async def matches(
        self, owner: UUID, secret: str, kept: PinHash, *, purpose: Purpose = "pin"
    ) -> bool:
        """Whether this is the PIN or password that was hashed."""
        version, encoded = _parts(kept)
        peppered = self._peppered(version, owner, secret, purpose)

        def compare() -> bool:
            try:
                return self._argon.verify(encoded, peppered)
            except VerifyMismatchError:
                return False

        return await self._in_thread(compare)

    def is_dated(self, kept: PinHash) -> bool:
        """Whether a hash was made under an older pepper or other parameters than today's."""
        version, encoded = _parts(kept)
        return version != self._current or self._argon.check_needs_rehash(encoded)

    def _peppered(self, version: int, owner: UUID, secret: str, purpose: Purpose) -> bytes:
        message = f"tael.{purpose}.v1\0{owner}\0{secret}".encode()
        return hmac.digest(self._peppers[version], message, hashlib.sha256)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        self._waiting += 1
        seated = asyncio.create_task(self._seated(work))
        self._running.add(seated)
        seated.add_done_callback(self._running.discard)
        # A caller who leaves must not free the seat while the thread still runs.
        return await asyncio.shield(seated)

    async def _seated(self, work: Callable[[], _T]) -> _T:
        try:
            async with self._seats:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _parts(kept: PinHash) -> tuple[int, str]:
    version, _, encoded = kept.text.partition(":")
    return int(version), encoded


@dataclass(frozen=True, slots=True)
class TakenTry:
    """A try that was counted before the PIN is looked at, and what to compare with."""

    customer_id: UUID
    kept: PinHash
    version: int
    tries: int
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class RightPin:
    """A PIN that was right; `confirm_pin` makes it count in the transaction that needs it."""

    customer_id: UUID
    version: int
    rehashed: PinHash | None


async def take_pin_try(session: WriteSession, customer_id: UUID, *, now: datetime) -> TakenTry:
    """Count a try, in a transaction that commits before the PIN is looked at.

    Refuses `identity.pin_locked`.
    """
    row = await session.fetchrow(
        """
        SELECT hash, version, tries, locked_until
        FROM identity_pins
        WHERE customer_id = $1
        FOR NO KEY UPDATE
        """,
        customer_id,
    )
    if row is None:
        raise NotRegistered
    after = rules.take_pin_try(row["tries"], row["locked_until"], now)
    if after is None:
        raise PinLocked(until=row["locked_until"])
    await session.execute(
        "UPDATE identity_pins SET tries = $2, locked_until = $3 WHERE customer_id = $1",
        customer_id,
        after.tries,
        after.locked_until,
    )
    return TakenTry(
        customer_id, PinHash(row["hash"]), row["version"], after.tries, after.locked_until
    )


async def judge_pin(hasher: PinHasher, taken: TakenTry, pin: str) -> RightPin:
    """Compare, outside any transaction; refuses `identity.pin_wrong` or `identity.pin_locked`."""
    if await hasher.matches(taken.customer_id, pin, taken.kept):
        dated = hasher.is_dated(taken.kept)
        rehashed = await hasher.hash(taken.customer_id, pin) if dated else None
        return RightPin(taken.customer_id, taken.version, rehashed)
    if taken.locked_until is not None:
        raise PinLocked(until=taken.locked_until)
    raise PinWrong(
        tries_left=rules.PIN_TRIES - taken.tries, warn=taken.tries >= rules.PIN_WARN_AFTER
    )


async def confirm_pin(session: WriteSession, right: RightPin) -> None:
    """Clear the counter in the transaction that acts on a right PIN.

    Refuses `identity.pin_wrong` if the PIN was changed while it was being checked.
    """
    confirmed = await session.fetchval(
        """
        UPDATE identity_pins
        SET tries = 0, locked_until = NULL, hash = coalesce($3, hash)
        WHERE customer_id = $1
          AND version = $2
        RETURNING true
        """,
        right.customer_id,
        right.version,
        right.rehashed.text if right.rehashed else None,
    )
    if not confirmed:
        raise PinWrong(tries_left=rules.PIN_TRIES - 1, warn=False)


async def store_pin(
    session: WriteSession, customer_id: UUID, pin_hash: PinHash, *, now: datetime
) -> None:
    """Replace a customer's PIN: the counter starts anew and a lock is lifted."""
    tag = await session.execute(
        """
        UPDATE identity_pins
        SET hash = $2, version = version + 1, tries = 0, locked_until = NULL, set_at = $3
        WHERE customer_id = $1
        """,
        customer_id,
        pin_hash.text,
        now,
    )
    assert tag == "UPDATE 1", "a principal has a PIN from the start"


async def tell_locked(
    session: WriteSession, customer_id: UUID, *, sealer: Sealer, now: datetime
) -> None:
    """Tell a customer by SMS that the PIN was locked."""
    await notify(session, customer_id, Template.PIN_LOCKED, sealer=sealer, now=now)
