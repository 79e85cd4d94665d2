"""Standard input a line at a time, whatever it holds, and answers a line at a time."""

import io
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO, Final

import orjson
from rich.console import Console

LINE_MAX: Final = 16_384
"""Octets of one line; more than any payload or message that is read this way."""


def standard_input() -> BinaryIO:
    """Standard input as octets; nothing where there is none, as under some supervisors."""
    return io.BytesIO() if sys.stdin is None else sys.stdin.buffer


def bounded_lines(stream: BinaryIO, *, maximum: int = LINE_MAX) -> Iterator[bytes]:
    """The lines of a stream without their ends; one that is too long is cut after `maximum` + 1.

    So its reader sees that it is too long, and memory stays bounded.
    """
    while line := stream.readline(maximum + 2):
        rest = line
        while not rest.endswith(b"\n") and rest:
            rest = stream.readline(maximum)
        yield line.removesuffix(b"\n").removesuffix(b"\r")[: maximum + 1]


def answer(document: object) -> None:
    """One line of JSON on standard output, at once."""
    write_line(orjson.dumps(document))


def write_line(line: bytes) -> None:
    """One line of UTF-8 on standard output, whatever the terminal's encoding is.

    Ends the program quietly when nobody reads it any more.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # `… | head` has seen enough. Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def forgive_encoding() -> None:
    """Print what the terminal's encoding lacks as question marks from here on."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def console() -> Console:
    """A console for people, on whatever terminal they have."""
    forgive_encoding()
    return Console()
