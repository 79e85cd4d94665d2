"""Masks: the parts of personal identifiers that a screen may show (JR/T 0171 practice)."""


def phone(number: str) -> str:
    """`+8613800001234` → `138****1234`; other countries keep their prefix and last four."""
    national = number.removeprefix("+86") if number.startswith("+86") else number
    return f"{national[:3]}****{national[-4:]}"


def name(full: str) -> str:
    """`王小明` → `*小明`; `Li Wei` → `*i Wei`: the first character is hidden."""
    return f"*{full[1:]}" if full else ""


def id_number(number: str) -> str:
    """First and last character of a resident ID number."""
    return f"{number[:1]}{'*' * (len(number) - 2)}{number[-1:]}"


def pan(number: str) -> str:
    """BIN and last four of a card number, at most what PCI DSS 3.4.1 lets a screen show."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"
