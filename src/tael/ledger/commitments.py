"""What the log knows of a movement: one hash over its parts, each of which opens by itself.

A movement is an act and the sides of its postings. Each part is a line of JSON, hashed with
a salt of its own, and the entry hashes the parts' digests in order. Whoever gets a part with
its salt can check it against the entry; the others stay closed, and nothing can be guessed
from their digests. The parts' salts follow from the leaf's, and none leads to another.

Pure, and on the path of every movement: so plain calls, and no objects in between.
"""

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from tael.kernel import ids
from tael.ledger.chart import AccountNumber

_ENTRY: Final = b"tael/movement/1\x00"
_SALT: Final = b"tael/part/1\x00"
_ACT_SALT: Final = _SALT + b"act\x00"
_DEBIT_SALT: Final = _SALT + b"debit "
_CREDIT_SALT: Final = _SALT + b"credit "
_SIDE: Final = (
    b'{"part":"%s","line":%d,"currency":"%s","account":%d,"sequence":%d,"amount":%d,"balance":%d}'
)


class Side(NamedTuple):
    """One posting as the statement that reads movements for the log gives it."""

    line: int
    currency: str
    debit: int
    credit: int
    amount: int
    debit_seq: int
    credit_seq: int
    debit_balance: int
    credit_balance: int


class Act(NamedTuple):
    """A movement's own columns."""

    id: UUID
    kind: str
    at: datetime
    business_day: date
    effective_on: date
    reference: UUID
    reverses: UUID | None
    payer_label: str
    payee_label: str
    memo: str


class Part(NamedTuple):
    """A part of a movement: what names it, and its line of JSON; `account` for a side."""

    name: str
    text: bytes
    account: AccountNumber | None = None
    currency: str | None = None


def parts(act: Act, sides: Sequence[Side]) -> list[Part]:
    """A movement's parts in the order in which the entry hashes them."""
    made = [Part("act", _act(act))]
    for side in sides:
        line, currency, debit, credit, *_ = side
        left, right = _sides(side)
        made.append(Part(f"debit {line}", left, AccountNumber(debit), currency))
        made.append(Part(f"credit {line}", right, AccountNumber(credit), currency))
    return made


def part_salt(salt: bytes, name: str) -> bytes:
    """The salt of one part: from the leaf's, which it does not give away."""
    return sha256(_SALT + name.encode() + b"\x00" + salt).digest()


def digest(salt: bytes, text: bytes) -> bytes:
    """What a closed part shows."""
    return sha256(salt + text).digest()


def entry(salt: bytes, act: Act, sides: Sequence[Side]) -> bytes:
    """The 32 bytes that stand in the log for a movement.

    The same as the digests of `parts`, hashed together: a law holds it. Written out because
    each movement of the bank comes by here, and this takes half the time.
    """
    packed = _ENTRY + sha256(sha256(_ACT_SALT + salt).digest() + _act(act)).digest()
    for side in sides:
        left, right = _sides(side)
        line = b"%d\x00" % side[0]
        packed += sha256(sha256(_DEBIT_SALT + line + salt).digest() + left).digest()
        packed += sha256(sha256(_CREDIT_SALT + line + salt).digest() + right).digest()
    return sha256(packed).digest()


def _act(act: Act) -> bytes:
    identity, kind, at, business_day, effective_on, reference, reverses, payer, payee, memo = act
    return orjson.dumps(
        {
            "part": "act",
            "movement": ids.wire("mov", identity),
            "kind": kind,
            "at": at,
            "business_day": business_day,
            "effective_on": effective_on,
            "reference": str(reference),
            "reverses": ids.wire("mov", reverses) if reverses else None,
            "payer": payer,
            "payee": payee,
            "memo": memo,
        },
        option=orjson.OPT_UTC_Z,
    )


def _sides(side: Side) -> tuple[bytes, bytes]:
    line, currency, debit, credit, amount, debit_seq, credit_seq, left, right = side
    code = currency.encode()
    return (
        _SIDE % (b"debit", line, code, debit, debit_seq, amount, left),
        _SIDE % (b"credit", line, code, credit, credit_seq, amount, right),
    )
