"""The auditor: recomputes the books from their entries, independently of who wrote them.

It connects as a role that can only read, uses SQL of its own, and imports nothing of the
ledger: a mistake there is not repeated here. Each rule finds its own kind of damage; a
clean check means that every balance, hold, number and total follows from the postings.
"""

from tael.auditor.check import Difference, Report, check
from tael.auditor.checks import RULES, Rule

__all__ = ["RULES", "Difference", "Report", "Rule", "check"]
