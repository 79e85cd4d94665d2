"""The page on the ledger draws the states that the code has."""

from pathlib import Path

from tael.ledger.states import HOLD_TRANSITIONS, HoldState

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "ledger.md"


def test_the_diagram_of_holds_is_the_table_of_transitions() -> None:
    lines = [f"[*] --> {HoldState.PENDING}"]
    for state, following in HOLD_TRANSITIONS.items():
        lines += [f"{state} --> {after}" for after in sorted(following)]
    lines += sorted(f"{state} --> [*]" for state, after in HOLD_TRANSITIONS.items() if not after)
    drawn = "stateDiagram-v2\n" + "\n".join(f"    {line}" for line in lines)
    assert drawn in PAGE.read_text(encoding="utf-8")
