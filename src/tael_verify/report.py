"""What was verified, in words for people."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tael_verify.notes import Checkpoint
from tael_verify.receipts import Verdict

_EXPONENTS: Final = {"CNY": 2, "PTS": 0}
_CHECK: Final = "✓"


def of_receipt(verdict: Verdict) -> str:
    """The receipt's content, what was checked about it, and what that proves."""
    return "\n".join(
        (
            f"{_CHECK} TRUE: this is what stands in the log of {verdict.checkpoint.origin}",
            "",
            *_content(verdict),
            "",
            "Checked",
            *_checks(verdict),
            "",
            "What this proves",
            "  The bank committed to this movement with exactly these words, amounts and balances.",
            "  It cannot change, remove or move it any more without contradicting the checkpoint",
            f"  of {verdict.checkpoint.size:,} entries: keep it, and compare it with a later one.",
            "  The parts that stay closed belong to the other side; nothing here tells of them.",
        )
    )


def of_log(newest: Checkpoint, older: Sequence[Checkpoint]) -> str:
    """That checkpoints are states of one log that only grew."""
    sizes = sorted({checkpoint.size for checkpoint in (newest, *older)})
    grown = " → ".join(f"{size:,}" for size in sizes)
    return "\n".join(
        (
            f"{_CHECK} TRUE: the log of {newest.origin} only grew: {grown} entries",
            "",
            "What this proves",
            "  Nothing that stood in the log at the older checkpoint was changed, removed,",
            "  inserted between or moved since.",
            *_signed(newest),
        )
    )


def _content(verdict: Verdict) -> Iterator[str]:
    act = verdict.act
    yield from _line("movement", act, "movement")
    yield from _line("kind", act, "kind")
    yield from _line("time", act, "at")
    yield from _line("from", act, "payer")
    yield from _line("to", act, "payee")
    yield from _line("memo", act, "memo")
    yield from _line("effective", act, "effective_on")
    yield from _line("reverses", act, "reverses")
    for side in verdict.sides:
        sign = "-" if side.get("part") == "debit" else "+"
        currency = side.get("currency")
        yield (
            f"  {'amount':<10} {sign}{_amount(side.get('amount'), currency)}"
            f"   balance after {_amount(side.get('balance'), currency)}"
            f"   (entry {side.get('sequence')} of account {side.get('account')})"
        )


def _line(label: str, act: dict[str, Any], name: str) -> Iterator[str]:
    value = act.get(name)
    if value:
        yield f"  {label:<10} {_printable(str(value))}"


def _checks(verdict: Verdict) -> Iterator[str]:
    checkpoint = verdict.checkpoint
    yield (
        f"  {_CHECK} its content: {1 + len(verdict.sides)} parts opened,"
        f" {verdict.closed} stay closed"
    )
    yield f"  {_CHECK} its place: {verdict.position:,} of {checkpoint.size:,} entries"
    yield from _signed(checkpoint)
    for other in verdict.connected:
        if other.size < checkpoint.size:
            told = f"the {other.size:,} entries of a kept checkpoint are its beginning, unchanged"
        elif other.size > checkpoint.size:
            told = f"it is the beginning of the {other.size:,} entries of a later checkpoint"
        else:
            told = f"another checkpoint of {other.size:,} entries says the same"
        yield f"  {_CHECK} {told}"


def _signed(checkpoint: Checkpoint) -> Iterator[str]:
    for name in checkpoint.signers:
        yield f"  {_CHECK} signed by {_printable(name)}"
    for name, stamp in checkpoint.witnesses:
        seen = datetime.fromtimestamp(min(stamp, 2**35), tz=UTC)
        yield f"  {_CHECK} seen by the witness {_printable(name)} on {seen:%Y-%m-%d %H:%M:%S} UTC"


def _amount(minor: object, currency: object) -> str:
    if type(minor) is not int or not isinstance(currency, str):
        return _printable(f"{minor} {currency}")
    exponent = _EXPONENTS.get(currency, 0)
    whole, part = divmod(abs(minor), 10**exponent)
    fraction = f".{part:0{exponent}d}" if exponent else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{fraction} {_printable(currency)}"


def _printable(text: str) -> str:
    """Text of a file on a terminal: nothing that could move its cursor."""
    return "".join(character if character.isprintable() else "�" for character in text)
