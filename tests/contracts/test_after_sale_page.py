"""The page on what follows a sale draws the states that the code has."""

from pathlib import Path

from tael.payments.states import PAYMENT_TRANSITIONS, PaymentState

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "after-sale.md"
BEGIN = (PaymentState.PENDING, PaymentState.HELD, PaymentState.SUCCEEDED)


def test_the_diagram_of_payments_is_the_table_of_transitions() -> None:
    lines = [f"[*] --> {state}" for state in BEGIN]
    for state in sorted(PAYMENT_TRANSITIONS):
        lines += [f"{state} --> {after}" for after in sorted(PAYMENT_TRANSITIONS[state])]
    lines += sorted(f"{s} --> [*]" for s, after in PAYMENT_TRANSITIONS.items() if not after)
    drawn = "stateDiagram-v2\n" + "\n".join(f"    {line}" for line in lines)
    assert drawn in PAGE.read_text(encoding="utf-8")
