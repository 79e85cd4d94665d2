"""`python -m tael_verify`: verify a receipt, and that kept checkpoints are of one log.

Exit status: 0 all is true, 1 something is false, 2 something cannot be read, 3 two
checkpoints cannot be compared with what was given.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tael_verify import report
from tael_verify.notes import Key, Link, Malformed, open_link
from tael_verify.receipts import Disproven, Unconnected, connect, verify

TRUE: Final = 0
FALSE: Final = 1
UNREADABLE: Final = 2
INCOMPARABLE: Final = 3

PAIR: Final = 2
FILE_MAX: Final = 1 << 20
"""Bytes of a file that is read; a receipt has a few thousand."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    asked = _parser().parse_args(arguments)
    if asked.receipt is None and len(asked.older + asked.checkpoint) < PAIR:
        _parser().error("give a receipt, or two checkpoints to compare")
    try:
        keys = [key for given in asked.key for key in _keys(given)]
        logs = [_read(path) for path in (*asked.older, *asked.checkpoint)]
        if asked.receipt is None:
            _compare(keys, logs)
        else:
            print(report.of_receipt(verify(_read(asked.receipt), keys, logs)))
    except Malformed as fault:
        return _fail(f"Cannot be read: {fault}.", UNREADABLE)
    except Unconnected as fault:
        return _fail(f"Not shown: {fault}.", INCOMPARABLE)
    except Disproven as fault:
        return _fail(f"FALSE: {fault}.", FALSE)
    return TRUE


def _compare(keys: Sequence[Key], logs: Sequence[str]) -> None:
    given = [open_link(text, keys) for text in logs]
    newest = max(
        (one.checkpoint if isinstance(one, Link) else one for one in given),
        key=lambda checkpoint: checkpoint.size,
    )
    print(report.of_log(newest, connect(newest, given)))


def _keys(given: str) -> list[Key]:
    """A key itself, or a file with one on each line."""
    if "+" not in given:
        lines = _read(given).split("\n")
        return [Key.parse(line) for line in lines if line.strip()]
    return [Key.parse(given)]


def _read(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            octets = file.read(FILE_MAX + 1)
        text = octets.decode()
    except OSError as fault:
        raise Malformed(f"{path}: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise Malformed(f"{path} is no text") from None
    if len(octets) > FILE_MAX:
        raise Malformed(f"{path} is too large to be a receipt or a checkpoint")
    return text


def _fail(line: str, status: int) -> int:
    print(f"✗ {line}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tael_verify",
        description="Verify a receipt of a Tael wallet without trusting the bank or a network.",
    )
    parser.add_argument("receipt", nargs="?", help="the receipt, as it was downloaded")
    parser.add_argument(
        "--key",
        action="append",
        required=True,
        metavar="KEY",
        help="the log's public key (or a witness's), or a file with keys; may be repeated",
    )
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint from elsewhere, or a proof of growth with one; may be repeated",
    )
    parser.add_argument(
        "--older",
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint that was kept earlier; may be repeated",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
