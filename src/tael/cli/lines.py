"""Standard input a line at a time, whatever it holds, and answers a line at a time."""

import sys
from collections.abc import Iterator
from typing import BinaryIO, Final

import orjson

LINE_MAX: Final = 16_384
"""Octets of one line; more than any payload or message that is read this way."""


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
    """One line of JSON in UTF-8 on standard output, at once."""
    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
    sys.stdout.buffer.flush()
