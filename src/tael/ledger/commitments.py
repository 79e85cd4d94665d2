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
_OPTIONS: Final = orjson.OPT_UTC_Z


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
        line, currency, debit, credit, amount, debit_seq, credit_seq, left, right = side
        made.append(
            Part(
                f"debit {line}",
                _side("debit", line, currency, debit, debit_seq, amount, left),
                AccountNumber(debit),
                currency,
            )
        )
        made.append(
            Part(
                f"credit {line}",
                _side("credit", line, currency, credit, credit_seq, amount, right),
                AccountNumber(credit),
                currency,
            )
        )
    return made


def part_salt(salt: bytes, name: str) -> bytes:
    """The salt of one part: from the leaf's, which it does not give away."""
    return sha256(_SALT + name.encode() + b"\x00" + salt).digest()


def digest(salt: bytes, text: bytes) -> bytes:
    """What a closed part shows."""
    return sha256(salt + text).digest()


def entry(salt: bytes, act: Act, sides: Sequence[Side]) -> bytes:
    """The 32 bytes that stand in the log for a movement."""
    return sha256(
        _ENTRY
        + b"".join(digest(part_salt(salt, part.name), part.text) for part in parts(act, sides))
    ).digest()


def _act(act: Act) -> bytes:
    return orjson.dumps(
        {
            "part": "act",
            "movement": ids.wire("mov", act.id),
            "kind": act.kind,
            "at": act.at,
            "business_day": act.business_day,
            "effective_on": act.effective_on,
            "reference": str(act.reference),
            "reverses": ids.wire("mov", act.reverses) if act.reverses else None,
            "payer": act.payer_label,
            "payee": act.payee_label,
            "memo": act.memo,
        },
        option=_OPTIONS,
    )


def _side(  # noqa: PLR0913, PLR0917 - a line of JSON with as many members
    side: str, line: int, currency: str, account: int, sequence: int, amount: int, balance: int
) -> bytes:
    return (
        f'{{"part":"{side}","line":{line},"currency":"{currency}","account":{account},'
        f'"sequence":{sequence},"amount":{amount},"balance":{balance}}}'
    ).encode()
