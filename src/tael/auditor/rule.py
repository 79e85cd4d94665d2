"""What a rule of the auditor is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must be true of the books.

    `sql` returns what differs, nothing if all is well: subject, expected, found.
    """

    name: str
    meaning: str
    sql: str
