"""What wallets are said to have used of their limits, against what they did.

A use that is too low lets more than the cap through; one that is too high refuses what is
allowed. Both are recomputed from the acts themselves.

Two processes' clocks differ around midnight: an act of a day's last minute may have been
counted to the next day (`customers.rules`), never the other way. So there is a least use, and a
most that has that minute too.
"""

from typing import Final

from tael.auditor.rule import Rule

# What counts against a wallet's limits: paid from the balance, sent, withdrawn (as soon as it
# is asked for, until it is known to have failed).
_SPENT: Final = """
    SELECT payer_id AS customer_id, level, at,
           CASE
               WHEN state IN ('declined', 'voided', 'expired', 'reversed') THEN 0
               WHEN held_until IS NULL OR state = 'held' THEN amount_minor
               ELSE captured_minor
           END AS amount_minor
    FROM payments_payments
    WHERE funding = 'balance'
    UNION ALL
    SELECT payer_id, NULL, at, amount_minor
    FROM transfers_transfers
    UNION ALL
    SELECT customer_id, NULL, at, amount_minor
    FROM transfers_card_transfers
    WHERE kind = 'withdrawal' AND state IN ('pending', 'succeeded')
"""

_SPENT_BY_CARD: Final = """
    SELECT payer_id AS customer_id, level, at, amount_minor
    FROM payments_payments
    WHERE funding = 'card' AND state IN ('pending', 'succeeded')
"""

_DAY: Final = "(({at}) AT TIME ZONE 'Asia/Shanghai')::date = w.used_day"
_YEAR: Final = "extract(year FROM ({at}) AT TIME ZONE 'Asia/Shanghai') = w.used_year"


def _use(column: str, acts: str, period: str, *, level: str | None = None) -> str:
    """Where `column` is not the sum of those acts (of a level) that fall into its period."""
    of_level = f"AND acts.level = '{level}'" if level else ""
    inside = period.format(at="acts.at")
    inside_late = period.format(at="acts.at + interval '1 minute'")
    return f"""
        SELECT w.customer_id, coalesce(sums.least, 0), w.{column}
        FROM customers_wallets AS w
        LEFT JOIN (
            SELECT w.customer_id, sum(acts.amount_minor) AS most,
                   sum(acts.amount_minor) FILTER (WHERE {inside}) AS least
            FROM customers_wallets AS w
            JOIN ({acts}) AS acts ON acts.customer_id = w.customer_id
            WHERE ({inside} OR {inside_late}) {of_level}
            GROUP BY w.customer_id
        ) AS sums ON sums.customer_id = w.customer_id
        WHERE w.{column} NOT BETWEEN coalesce(sums.least, 0) AND coalesce(sums.most, 0)
    """  # noqa: S608 - constants of ours


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "limit.day",
        "What a wallet used of its day is what it paid, sent and withdrew on that day.",
        _use("day_used_minor", _SPENT, _DAY),
    ),
    Rule(
        "limit.year",
        "What a wallet used of its year is what it paid, sent and withdrew in that year.",
        _use("year_used_minor", _SPENT, _YEAR),
    ),
    Rule(
        "limit.static_codes",
        "What a wallet paid by printed codes on a day is what it used of that day's cap.",
        _use("static_day_used_minor", _SPENT, _DAY, level="D"),
    ),
    Rule(
        "limit.static_codes_by_card",
        "What a wallet's cards paid by printed codes on a day is what was used of their cap.",
        _use("static_cards_day_used_minor", _SPENT_BY_CARD, _DAY, level="D"),
    ),
    Rule(
        "limit.dynamic_codes",
        "What a wallet paid by dynamic codes on a day is what it used of that day's cap.",
        _use("dynamic_day_used_minor", _SPENT, _DAY, level="B"),
    ),
    Rule(
        "limit.dynamic_codes_by_card",
        "What a wallet's cards paid by dynamic codes on a day is what was used of their cap.",
        _use("dynamic_cards_day_used_minor", _SPENT_BY_CARD, _DAY, level="B"),
    ),
    Rule(
        "limit.room",
        "The room kept under a balance's cap is what is on its way in.",
        """
        SELECT w.customer_id, coalesce(c.coming, 0), w.credit_reserved_minor
        FROM customers_wallets AS w
        LEFT JOIN (
            SELECT customer_id, sum(amount_minor) AS coming
            FROM transfers_card_transfers
            WHERE kind = 'top_up' AND state = 'pending'
            GROUP BY customer_id
        ) AS c ON c.customer_id = w.customer_id
        WHERE w.credit_reserved_minor <> coalesce(c.coming, 0)
        """,
    ),
)
