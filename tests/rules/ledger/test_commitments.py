"""What the log knows of a movement: each part opens by itself, and none gives another away."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tael.ledger.commitments import Act, Side, digest, entry, part_salt, parts

SALT = bytes(range(16))
ACT = Act(
    UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    "payment",
    datetime(2026, 3, 10, 4, 0, 0, 5, tzinfo=UTC),
    date(2026, 3, 10),
    date(2026, 3, 9),
    UUID("01890a5d-ac96-774b-bcce-b302099a8058"),
    None,
    "*小明",
    '示例面馆 "Demo"',
    "",
)
SIDES = [
    Side(1, "CNY", 100_001, 100_002, 1_250, 7, 8, 8_750, 1_250),
    Side(2, "CNY", 100_002, 4_100, 5, 9, 10, 1_245, 5),
]

numbers = st.integers(-(2**63), 2**63 - 1)
sides = st.builds(
    Side, st.integers(1, 9), st.just("CNY"), *([st.integers(1, 2**40)] * 5), numbers, numbers
)


def of_parts(salt: bytes, act: Act, with_sides: list[Side]) -> bytes:
    """An entry as its definition has it."""
    digests = [digest(part_salt(salt, part.name), part.text) for part in parts(act, with_sides)]
    return sha256(b"tael/movement/1\x00" + b"".join(digests)).digest()


def test_the_entry_of_a_known_movement_never_changes() -> None:
    # What stands in a log stands there for good: this answer may not change either.
    assert entry(SALT, ACT, SIDES).hex() == (
        "86a1eb95cf00784c30c1713202638faf6c15d49667bfcde1cc261e98bf8470fe"
    )


def test_a_part_reads_as_plain_json() -> None:
    act, debit, credit, *_ = parts(ACT, SIDES)
    assert json.loads(act.text) == {
        "part": "act",
        "movement": "mov_01h455vb4pex5vsknk084sn02q",
        "kind": "payment",
        "at": "2026-03-10T04:00:00.000005Z",
        "business_day": "2026-03-10",
        "effective_on": "2026-03-09",
        "reference": "01890a5d-ac96-774b-bcce-b302099a8058",
        "reverses": None,
        "payer": "*小明",
        "payee": '示例面馆 "Demo"',
        "memo": "",
    }
    assert json.loads(debit.text) == {
        "part": "debit",
        "line": 1,
        "currency": "CNY",
        "account": 100_001,
        "sequence": 7,
        "amount": 1_250,
        "balance": 8_750,
    }
    assert json.loads(credit.text)["balance"] == 1_250


@given(st.binary(min_size=16, max_size=16), st.lists(sides, min_size=1, max_size=4))
def test_the_entry_is_the_digests_of_its_parts(salt: bytes, with_sides: list[Side]) -> None:
    assert entry(salt, ACT, with_sides) == of_parts(salt, ACT, with_sides)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_text_of_a_customer_can_pass_for_another_member(
    payer: str, payee: str, memo: str
) -> None:
    act = ACT._replace(payer_label=payer, payee_label=payee, memo=memo)
    read = json.loads(parts(act, SIDES)[0].text)
    assert (read["payer"], read["payee"], read["memo"]) == (payer, payee, memo)
    assert len(read) == 11


def test_each_part_has_a_salt_of_its_own() -> None:
    names = [part.name for part in parts(ACT, SIDES)]
    assert names == ["act", "debit 1", "credit 1", "debit 2", "credit 2"]
    salts = {part_salt(SALT, name) for name in names}
    assert len(salts) == len(names)
    assert SALT not in salts
    # Equal words under other salts have other digests: nothing can be guessed from a digest.
    assert digest(part_salt(SALT, "act"), b"x") != digest(part_salt(bytes(16), "act"), b"x")


def test_everything_that_was_posted_is_committed_to() -> None:
    before = entry(SALT, ACT, SIDES)
    assert entry(bytes(16), ACT, SIDES) != before
    values: tuple[tuple[str, Any], ...] = (
        ("id", UUID(int=1)),
        ("kind", "fee"),
        ("at", ACT.at.replace(second=1)),
        ("business_day", date(2026, 3, 11)),
        ("effective_on", date(2026, 3, 10)),
        ("reference", UUID(int=2)),
        ("reverses", UUID(int=3)),
        ("payer_label", "*小红"),
        ("payee_label", "x"),
        ("memo", "x"),
    )
    changed = [ACT._replace(**{name: value}) for name, value in values]
    assert all(entry(SALT, act, SIDES) != before for act in changed)
    for name in Side._fields:
        value: Any = "PTS" if name == "currency" else getattr(SIDES[0], name) + 1
        assert entry(SALT, ACT, [SIDES[0]._replace(**{name: value}), SIDES[1]]) != before
    assert entry(SALT, ACT, SIDES[:1]) != before
    assert entry(SALT, ACT, SIDES[::-1]) != before
