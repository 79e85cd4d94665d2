"""The auditor: recomputes the books from their entries, independently of who wrote them.

It connects as a role that can only read, and its rules are SQL of its own: a mistake of those
who write is not repeated here. Each rule finds its own kind of damage; a clean check means
that every balance, hold, number and total follows from the postings, that each movement is
what somebody did and each act moved its money once, that limits were counted so, and that
the transparency log says the same: its tree is grown again, and each movement's entry made
again (by the log's own definition of an entry, which is public and verified elsewhere).
"""

from tael.auditor.check import BOOKS, RULES, Difference, Report, check
from tael.auditor.rule import Rule

__all__ = ["BOOKS", "RULES", "Difference", "Report", "Rule", "check"]
