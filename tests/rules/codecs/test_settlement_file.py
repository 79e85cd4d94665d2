"""The settlement file: what is written is read, and what is damaged is refused."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.codecs.settlement_file import (
    FileLine,
    LineType,
    MalformedFile,
    SettlementFile,
    read,
    write,
)

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 22, 15, 30, tzinfo=ZONE)
CARD = "999101*********0038"


def line(kind: LineType, amount: int, number: int = 1) -> FileLine:
    return FileLine(kind, number, f"632607{number:06}", amount, "00", CARD, AT)


def a_file(*lines: FileLine) -> SettlementFile:
    return SettlementFile(date(2026, 11, 22), "TAELSWITCH", "99900001", "CNY", lines)


EXAMPLE = a_file(
    line(LineType.PURCHASE, 10_000, 1),
    line(LineType.CREDIT, 2_500, 2),
    line(LineType.REFUND, 300, 3),
    line(LineType.REVERSAL, 10_000, 1),
)


def test_a_file_looks_as_it_is_documented() -> None:
    assert write(EXAMPLE).decode().splitlines()[:5] == [
        "H|1|TAELSWITCH|99900001|20261122|CNY",
        f"D|1|0200|000000|000001|632607000001|10000|+|00|{CARD}|20261122153000",
        f"D|2|0200|260000|000002|632607000002|2500|-|00|{CARD}|20261122153000",
        f"D|3|0220|200000|000003|632607000003|300|-|00|{CARD}|20261122153000",
        f"D|4|0420|000000|000001|632607000001|10000|-|00|{CARD}|20261122153000",
    ]
    assert write(EXAMPLE).splitlines()[5].startswith(b"T|4|10000|12800|-2800|")
    assert EXAMPLE.net == -2_800


@given(
    st.lists(
        st.tuples(st.sampled_from(LineType), st.integers(1, 10**12 - 1), st.integers(0, 999_999)),
        max_size=20,
    )
)
def test_what_is_written_is_read(told: list[tuple[LineType, int, int]]) -> None:
    file = a_file(*(line(kind, amount, number) for kind, amount, number in told))
    assert read(write(file)) == file


WHOLE = write(EXAMPLE)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\n",
        b"H|1|TAELSWITCH|99900001|20261122|CNY\n",
        WHOLE[:-1],
        WHOLE[:-20],
        WHOLE.replace(b"|2500|", b"|2501|"),
        WHOLE.replace(b"|10000|+|", b"|10000|-|"),
        WHOLE.replace(b"H|1|", b"H|2|"),
        WHOLE.replace(b"20261122|CNY", b"20261322|CNY"),
        WHOLE.replace(b"T|4|", b"T|5|"),
        WHOLE.replace(b"D|3|", b"D|4|"),
        WHOLE.replace(b"0220|200000", b"0220|000000"),
        WHOLE.replace(b"20261122153000", b"20261122253000"),
        WHOLE.replace(b"TAELSWITCH", b"OTHERSWTCH"),
        WHOLE.replace(b"|300|", b"|0|"),
        WHOLE.replace(b"|300|", b"|-300|"),
        WHOLE.replace(b"\n", b"\r\n"),
        WHOLE + WHOLE,
        "H|1|é".encode() + WHOLE,
        b"H|1|" + b"A" * 500 + b"\n" + WHOLE,
    ],
)
def test_a_damaged_file_is_refused(octets: bytes) -> None:
    with pytest.raises(MalformedFile):
        read(octets)


def test_every_changed_octet_is_noticed() -> None:
    for place in range(0, len(WHOLE), 7):
        changed = bytearray(WHOLE)
        changed[place] ^= 1
        with pytest.raises(MalformedFile):
            read(bytes(changed))


def test_a_file_without_lines_is_a_file() -> None:
    empty = replace(EXAMPLE, lines=())
    assert read(write(empty)).lines == ()
