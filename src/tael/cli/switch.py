"""`tael switch`: look at messages of the card switch."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Final

import cyclopts
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from tael.cli.lines import answer, bounded_lines, console, standard_input
from tael.codecs.framing import FRAME_MAX, LENGTH_OCTETS
from tael.codecs.iso8583 import MalformedMessage
from tael.codecs.iso8583_anyone import Described, describe
from tael.codecs.response_codes import response_code

app = cyclopts.App(name="switch", help="Look at ISO 8583 messages of the card switch.")

_STANDARD_INPUT: Final = "-"
_HEX_MAX: Final = 2 * (LENGTH_OCTETS + FRAME_MAX)


@app.command
def decode(
    message: Annotated[str, Parameter(allow_leading_hyphen=True)], *, json: bool = False
) -> None:
    """Read an ISO 8583 message, with card data masked; exit 1 if it is malformed.

    Parameters
    ----------
    message
        The message in hex digits, with or without the stream's length before it, its bitmaps
        binary or in hex. `-` reads one a line from standard input, where no process list and
        no shell history keeps it.
    json
        Answer in JSON.
    """
    terminal = console()
    all_valid = True
    for digits in _messages(message):
        try:
            described = describe(_octets(digits))
        except MalformedMessage as malformed:
            all_valid = False
            if json:
                answer(_refused(malformed))
            else:
                terminal.print(
                    f"{malformed.code}: {malformed}", style="red", markup=False, soft_wrap=True
                )
            continue
        if json:
            answer(_told(described))
        else:
            terminal.print(_table(described))
    sys.exit(0 if all_valid else 1)


def _messages(message: str) -> Iterator[str]:
    if message == _STANDARD_INPUT:
        return (line.decode("ascii", "replace") for line in bounded_lines(standard_input()))
    return iter([message])


def _octets(digits: str) -> bytes:
    digits = "".join(digits.split())
    if len(digits) > _HEX_MAX:
        raise MalformedMessage("frame", f"longer than {_HEX_MAX} hex digits")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        # The reason would quote the input; raised outside, so that it is not the context.
        pass
    raise MalformedMessage("frame", "not an even number of hex digits")


def _refused(malformed: MalformedMessage) -> dict[str, Any]:
    return {
        "valid": False,
        "code": malformed.code,
        "field": malformed.field,
        "rule": malformed.reason,
    }


def _told(described: Described) -> dict[str, Any]:
    return {"valid": True, **asdict(described), "response": _response(described)}


def _response(described: Described) -> dict[str, str] | None:
    """What field 39 means, where we know it."""
    code = response_code(described.fields.get("39", ""))
    return None if code is None else {"outcome": code.outcome.value, "meaning": code.meaning}


def _table(described: Described) -> Table:
    title = f"{described.mti} {described.meaning}"
    table = Table("field", "name", "value", title=title)
    for key, value in described.fields.items():
        table.add_row(key, described.names[key], Text(value))
    response = _response(described)
    if response is not None:
        table.add_row("", "answer", f"{response['outcome']}: {response['meaning']}")
    return table
