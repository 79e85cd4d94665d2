"""The auditor: recomputes the books from their entries, independently of who wrote them.

It connects as a role that can only read, uses SQL of its own, and imports nothing of the
ledger: a mistake there is not repeated here. Each rule finds its own kind of damage; a
clean check means that every balance, hold, number and total follows from the postings,
that each movement is what a customer did and each act moved its money once, and that the
limits were counted so.
"""

from tael.auditor.check import BOOKS, RULES, Difference, Report, check
from tael.auditor.rule import Rule

__all__ = ["BOOKS", "RULES", "Difference", "Report", "Rule", "check"]
