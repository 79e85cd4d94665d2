"""Run every rule over one snapshot and report what differs."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from tael import audit, ledger
from tael.auditor import acts, checks, limits, paid, settled
from tael.auditor.rule import Rule
from tael.kernel.database import ReadSession

BOOKS: Final[tuple[Rule, ...]] = checks.RULES
"""The books by themselves: what must hold whoever posts."""

RULES: Final[tuple[Rule, ...]] = (
    *BOOKS,
    *paid.RULES,
    *acts.RULES,
    *limits.RULES,
    *settled.RULES,
)
"""Everything: the books, and that they tell what happened."""

DIFFERENCES_MAX: Final = 100
"""The most differences that are listed for one rule; `found` counts them all."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the books are not what their entries say."""

    rule: str
    subject: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check saw. The books are right when nothing differs."""

    accounts: int
    movements: int
    postings: int
    holds: int
    totals: tuple[dict[str, Any], ...]
    """For each currency: what was posted in all, and the sums of balances and of holds."""
    trial_balance: tuple[dict[str, Any], ...]
    """For each currency and kind of account: how many, their balance, what is held."""
    differences: tuple[Difference, ...]
    differing: dict[str, int]
    """How many differences each rule found, where it found any."""

    @property
    def ok(self) -> bool:
        """Whether the books are what their entries say."""
        return not self.differing

    def as_json(self) -> dict[str, Any]:
        """The report for programs; amounts are minor units."""
        return {"ok": self.ok, **asdict(self)}


async def check(session: ReadSession, *, books_only: bool = False) -> Report:
    """Recompute everything. `session` is one snapshot, best as the role `tael_auditor`.

    `books_only` leaves out what customers did and the transparency log: for books in which
    movements were posted that no act stands behind.
    """
    counts = await session.fetchrow(
        """
        SELECT (SELECT count(*) FROM ledger_accounts) AS accounts,
               (SELECT count(*) FROM ledger_movements) AS movements,
               (SELECT count(*) FROM ledger_postings) AS postings,
               (SELECT count(*) FROM ledger_holds) AS holds
        """
    )
    assert counts is not None
    totals = await session.fetch(
        """
        SELECT a.currency,
               (SELECT coalesce(sum(p.amount), 0)
                FROM ledger_postings AS p
                WHERE p.currency = a.currency)::bigint AS posted,
               sum(a.balance)::bigint AS balance,
               sum(a.held)::bigint AS held
        FROM ledger_accounts AS a
        GROUP BY a.currency
        ORDER BY a.currency
        """
    )
    trial_balance = await session.fetch(
        """
        SELECT currency, kind, count(*) AS accounts,
               sum(balance)::bigint AS balance, sum(held)::bigint AS held
        FROM ledger_accounts
        GROUP BY currency, kind
        ORDER BY currency, kind
        """
    )
    differences: list[Difference] = []
    differing: dict[str, int] = {}
    for rule in BOOKS if books_only else RULES:
        rows = await session.fetch(
            f"""
            SELECT subject::text, expected::text, found::text, count(*) OVER () AS of
            FROM ({rule.sql}) AS differing (subject, expected, found)
            LIMIT {DIFFERENCES_MAX}
            """  # noqa: S608 - the rules are constants of ours
        )
        if rows:
            differing[rule.name] = rows[0]["of"]
        differences += [
            Difference(rule.name, row["subject"], row["expected"] or "", row["found"] or "")
            for row in rows
        ]
    if not books_only:
        for one in (*await audit.check(session), *await ledger.check_log(session)):
            differing[one.rule] = differing.get(one.rule, 0) + 1
            differences.append(Difference(one.rule, one.subject, one.expected, one.found))
    return Report(
        accounts=counts["accounts"],
        movements=counts["movements"],
        postings=counts["postings"],
        holds=counts["holds"],
        totals=tuple(dict(row) for row in totals),
        trial_balance=tuple(dict(row) for row in trial_balance),
        differences=tuple(differences),
        differing=differing,
    )
