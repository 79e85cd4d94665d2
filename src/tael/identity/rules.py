"""Pure decisions of identity: what is weak, what is fresh, what an authorisation covers."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

import orjson

from tael.identity.states import AuthorisationFault, CodeFault, PinWeakness
from tael.kernel.money import Money

PIN_DIGITS: Final = 6
CODE_DIGITS: Final = 6

CODE_LIFE: Final = timedelta(minutes=5)
CODE_RESEND: Final = timedelta(seconds=60)
CODE_TRIES: Final = 5
CODE_FRESH: Final = timedelta(minutes=10)
"""How long a confirmed number counts as just confirmed: what a reset of the PIN asks for."""

PIN_TRIES: Final = 5
PIN_WARN_AFTER: Final = 3
PIN_LOCK: Final = timedelta(hours=24)

SESSION_IDLE: Final = timedelta(minutes=15)
SESSION_LIFE: Final = timedelta(hours=12)
PHONE_STAGE_LIFE: Final = timedelta(minutes=30)
"""A session that waits for its PIN is of little use, and of little harm, after half an hour."""
SESSION_TOUCH: Final = timedelta(minutes=1)

AUTHORISATION_LIFE: Final = timedelta(minutes=2)

_REPEATS_MAX = 4

# Patterns that the rules below catch by themselves are left out. Our own choice: keypad
# figures, famous numbers, number words (520 1314) and lucky or emergency numbers.
_COMMON: Final = frozenset(
    """
    000001 000007 000123 001122 007700 010203 012340 100001 100000 100200 101112 102030 102938
    110112 110119 110120 111213 112211 112358 114477 119110 119120 120110 121314 121518 123000
    123450 123454 123457 123465 123578 123650 123654 123789 123987 124578 125800 131400 131415
    131420 131421 131425 131452 134679 135246 135780 141421 142536 142857 145236 147258 147369
    147852 147896 152535 159357 159753 161718 168888 168999 171819 181920 188888 192837 198300
    199000 200000 200800 201314 201413 202122 213141 213456 214365 235689 246135 246800 246810
    250250 258369 258456 258963 271828 292513 314159 321456 321654 321987 345612 357159 357951
    369147 369258 369852 396285 420247 428571 456123 456852 456987 518888 520131 520134 520530
    520999 521131 521314 528888 543216 558800 564738 571428 588888 618888 654123 654789 666888
    667788 678000 686868 688888 696969 714285 741852 741963 753159 753951 778800 789123 789321
    789456 789654 802468 852456 852963 857142 866888 868888 886000 888000 888168 888666 888999
    901020 908070 911119 951753 951357 963258 963741 963852 978645 987321 987456 987789 988888
    998800 998877 999666 999888 999000
    """.split()  # noqa: SIM905 - a table to be read, not one word a line
)


@dataclass(frozen=True, slots=True)
class PinFacts:
    """What is known of a person that a PIN must not repeat; never shown."""

    phone: str = field(repr=False)
    id_number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)


def pin_weakness(pin: str, facts: PinFacts) -> PinWeakness | None:
    """The first thing that makes this PIN easy to guess, the plainest first."""
    assert len(pin) == PIN_DIGITS
    assert pin.isascii()
    assert pin.isdigit()
    return _shape(pin) or _personal(pin, facts) or _common(pin)


def _shape(pin: str) -> PinWeakness | None:
    digits = [int(digit) for digit in pin]
    if max(pin.count(digit) for digit in set(pin)) > _REPEATS_MAX:
        return PinWeakness.REPEAT
    steps = {(b - a) % 10 for a, b in pairwise(digits)}
    if steps in ({1}, {9}):
        return PinWeakness.RUN
    even_steps = len(steps) == 1
    halves = pin[:3] == pin[3:]
    thirds = pin[:2] * 3 == pin
    mirror = pin == pin[::-1]
    doubles = all(pin[at] == pin[at + 1] for at in (0, 2, 4))
    triples = len(set(pin[:3])) == 1 and len(set(pin[3:])) == 1
    if even_steps or halves or thirds or mirror or doubles or triples:
        return PinWeakness.PATTERN
    return None


def _personal(pin: str, facts: PinFacts) -> PinWeakness | None:
    if facts.birth_date is not None and pin in set(_ways_to_write(facts.birth_date)):
        return PinWeakness.BIRTHDAY
    if pin in facts.phone:
        return PinWeakness.PHONE
    # A final X of an identity number cannot be typed: people leave it out.
    if facts.id_number is not None and pin in facts.id_number:
        return PinWeakness.ID_NUMBER
    return None


def _common(pin: str) -> PinWeakness | None:
    return PinWeakness.COMMON if pin in _COMMON else None


def _ways_to_write(day: date) -> Iterator[str]:
    """Every six-digit way to write a date that people use."""
    yyyy, yy = f"{day.year:04}", f"{day.year % 100:02}"
    mm, dd = f"{day.month:02}", f"{day.day:02}"
    m, d = str(day.month), str(day.day)
    yield from (yy + mm + dd, yy + dd + mm, mm + dd + yy, dd + mm + yy)
    yield from (mm + yy + dd, dd + yy + mm)
    yield from (yyyy + mm, mm + yyyy, yyyy + dd, dd + yyyy)
    # Without leading zeros: 5 January 1990 as 199015 or 151990.
    for short in (yyyy + m + d, yyyy + d + m, m + d + yyyy, d + m + yyyy):
        if len(short) == PIN_DIGITS:
            yield short
    yield from (mm + dd + mm, dd + mm + dd, mm + dd + dd)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who presents an authorisation: the customer, in the session where the PIN was entered."""

    customer_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class AuthorisationTerms:
    """What the customer saw when they entered their PIN, and nothing else is covered.

    `payee` and `order` are wire ids (`sto_…`, `cus_…`, `crd_…`, `ord_…`); `order` is empty
    where there is none.
    """

    purpose: str
    payee: str
    amount: Money
    order: str = ""

    def digest(self) -> bytes:
        """SHA-256 over an unambiguous form: a JSON list, so that no two fields can run together."""
        parts = [
            "tael.authorisation.v1",
            self.purpose,
            self.payee,
            self.amount.minor,
            self.amount.currency.code,
            self.order,
        ]
        return hashlib.sha256(orjson.dumps(parts)).digest()


@dataclass(slots=True)
class Grant:
    """One authorisation as it stands under our lock."""

    authorisation_id: UUID
    bearer: Bearer
    terms_digest: bytes = field(repr=False)
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def authorisation_fault(
    grant: Grant | None, terms: AuthorisationTerms, bearer: Bearer, machine_now: datetime
) -> AuthorisationFault | None:
    """Why this grant does not cover the act, or None. To strangers there is no such grant."""
    if grant is None or grant.bearer.customer_id != bearer.customer_id:
        return AuthorisationFault.UNKNOWN
    if grant.used_at is not None:
        return AuthorisationFault.USED
    if grant.revoked_at is not None:
        return AuthorisationFault.REVOKED
    if grant.expires_at <= machine_now:
        return AuthorisationFault.EXPIRED
    if grant.bearer.session_id != bearer.session_id:
        return AuthorisationFault.OTHER_SESSION
    if grant.terms_digest != terms.digest():
        return AuthorisationFault.MISMATCH
    return None


@dataclass(frozen=True, slots=True)
class CodeState:
    """Where a challenge stands, but for its code."""

    expires_at: datetime
    tries: int
    used_at: datetime | None
    replaced_at: datetime | None


def code_fault(state: CodeState | None, now: datetime) -> CodeFault | None:
    """Why a code may not be tried, or None."""
    if state is None:
        return CodeFault.UNKNOWN
    if state.used_at is not None:
        return CodeFault.USED
    if state.replaced_at is not None:
        return CodeFault.REPLACED
    if state.expires_at <= now:
        return CodeFault.EXPIRED
    if state.tries >= CODE_TRIES:
        return CodeFault.TRIED_OUT
    return None


@dataclass(frozen=True, slots=True)
class PinTry:
    """What taking one try does to a PIN's counter."""

    tries: int
    locked_until: datetime | None


def take_pin_try(tries: int, locked_until: datetime | None, now: datetime) -> PinTry | None:
    """Count a try before its PIN is looked at; None while the PIN is locked.

    The last try locks at once and a right PIN unlocks again, so that guesses in parallel, or
    a crash in the middle, never yield a sixth.
    """
    if locked_until is not None:
        if locked_until > now:
            return None
        tries = 0
    tries += 1
    return PinTry(tries, now + PIN_LOCK if tries >= PIN_TRIES else None)
