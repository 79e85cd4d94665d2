"""The books by themselves: every balance, hold, number and total follows from the postings."""

from typing import Final

from tael.auditor.rule import Rule

_ENTRIES: Final = """
    SELECT currency, debit AS account, debit_seq AS sequence, -amount AS change,
           debit_balance AS balance_after
    FROM ledger_postings
    UNION ALL
    SELECT currency, credit, credit_seq, amount, credit_balance
    FROM ledger_postings
"""

_BASES: Final = """
    SELECT DISTINCT ON (currency, account) currency, account, postings, balance
    FROM ledger_closings
    ORDER BY currency, account, month DESC
"""
"""From where each account is recomputed: what it had after the entries that have left."""

_SINCE: Final = f"""
    SELECT e.currency, e.account, e.sequence, e.change, e.balance_after,
           coalesce(b.postings, 0) AS base, coalesce(b.balance, 0) AS base_balance
    FROM (
        {_ENTRIES}
        UNION ALL
        SELECT s.currency, s.account, s.sequence, s.change, s.balance
        FROM ledger_closing_strays AS s
        -- Until its month is detached, an entry that is about to leave is in both.
        WHERE NOT EXISTS (
            SELECT FROM ledger_postings AS p
            WHERE p.movement_id = s.movement_id
        )
    ) AS e
    LEFT JOIN ({_BASES}) AS b ON b.currency = e.currency AND b.account = e.account
    WHERE e.sequence > coalesce(b.postings, 0)
"""  # noqa: S608 - constants of ours
"""The entries after that, with those that left although earlier ones stay."""

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "posting.amount",
        "A posting moves a positive amount.",
        """
        SELECT movement_id || '/' || line, 'above 0', amount
        FROM ledger_postings
        WHERE amount <= 0
        """,
    ),
    Rule(
        "posting.sides",
        "A posting has two accounts.",
        """
        SELECT movement_id || '/' || line, 'two accounts', debit
        FROM ledger_postings
        WHERE debit = credit
        """,
    ),
    Rule(
        "posting.movement",
        "A posting belongs to a movement.",
        """
        SELECT p.movement_id || '/' || p.line, 'a movement', 'none'
        FROM ledger_postings AS p
        WHERE NOT EXISTS (SELECT FROM ledger_movements AS m WHERE m.id = p.movement_id)
        """,
    ),
    Rule(
        "posting.accounts",
        "Both accounts of a posting exist.",
        f"""
        SELECT DISTINCT e.currency || ' ' || e.account, 'an account', 'none'
        FROM ({_ENTRIES}) AS e
        WHERE NOT EXISTS (
            SELECT FROM ledger_accounts AS a
            WHERE a.currency = e.currency AND a.number = e.account
        )
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "movement.postings",
        "A movement has postings, with lines numbered from 1.",
        """
        SELECT m.id, 'lines 1 to n', count(p.line) || ' lines to ' || coalesce(max(p.line), 0)
        FROM ledger_movements AS m
        LEFT JOIN ledger_postings AS p ON p.movement_id = m.id
        GROUP BY m.id
        HAVING count(p.line) = 0 OR min(p.line) <> 1 OR max(p.line) <> count(p.line)
        """,
    ),
    Rule(
        "movement.business_day",
        "A movement's business day is the day of its time in Shanghai.",
        """
        SELECT id, (at AT TIME ZONE 'Asia/Shanghai')::date, business_day
        FROM ledger_movements
        WHERE business_day <> (at AT TIME ZONE 'Asia/Shanghai')::date
        """,
    ),
    Rule(
        "account.balance",
        "A balance is the sum of its credits less the sum of its debits.",
        f"""
        SELECT a.currency || ' ' || a.number, coalesce(b.balance, 0) + coalesce(e.sum, 0), a.balance
        FROM ledger_accounts AS a
        LEFT JOIN ({_BASES}) AS b ON b.currency = a.currency AND b.account = a.number
        LEFT JOIN (
            SELECT currency, account, sum(change) AS sum
            FROM ({_SINCE}) AS entries
            GROUP BY currency, account
        ) AS e ON e.currency = a.currency AND e.account = a.number
        WHERE a.balance <> coalesce(b.balance, 0) + coalesce(e.sum, 0)
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "account.running_balance",
        "Each entry carries the balance that its account had after it.",
        f"""
        SELECT currency || ' ' || account || ' entry ' || sequence, running, balance_after
        FROM (
            SELECT currency, account, sequence, balance_after,
                   base_balance + sum(change) OVER (
                       PARTITION BY currency, account ORDER BY sequence
                   ) AS running
            FROM ({_SINCE}) AS entries
        ) AS e
        WHERE running <> balance_after
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "account.sequence",
        "An account's entries are numbered 1, 2, 3 … without gap or reuse.",
        f"""
        SELECT currency || ' ' || account || ' entry ' || sequence, place, sequence
        FROM (
            SELECT currency, account, sequence,
                   base + row_number() OVER (
                       PARTITION BY currency, account ORDER BY sequence
                   ) AS place
            FROM ({_SINCE}) AS entries
        ) AS e
        WHERE sequence <> place
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "account.postings",
        "An account counts its entries.",
        f"""
        SELECT a.currency || ' ' || a.number, coalesce(b.postings, 0) + coalesce(e.entries, 0),
               a.postings
        FROM ledger_accounts AS a
        LEFT JOIN ({_BASES}) AS b ON b.currency = a.currency AND b.account = a.number
        LEFT JOIN (
            SELECT currency, account, count(*) AS entries
            FROM ({_SINCE}) AS entries
            GROUP BY currency, account
        ) AS e ON e.currency = a.currency AND e.account = a.number
        WHERE a.postings <> coalesce(b.postings, 0) + coalesce(e.entries, 0)
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "account.held",
        "What an account has held is what is left of its pending holds.",
        """
        SELECT a.currency || ' ' || a.number, coalesce(h.sum, 0), a.held
        FROM ledger_accounts AS a
        LEFT JOIN (
            SELECT currency, account, sum(amount - captured) AS sum
            FROM ledger_holds
            WHERE state = 'pending'
            GROUP BY currency, account
        ) AS h ON h.currency = a.currency AND h.account = a.number
        WHERE a.held <> coalesce(h.sum, 0)
        """,
    ),
    Rule(
        "account.floor",
        "No account's available balance is below its floor.",
        """
        SELECT currency || ' ' || number, floor, balance - held
        FROM ledger_accounts
        WHERE balance - held < floor
        """,
    ),
    Rule(
        "account.floor_of_kind",
        "Whoever holds an account cannot overdraw it; only the bank's own have no floor.",
        """
        SELECT currency || ' ' || number, CASE WHEN number < 100000 THEN 'none' ELSE '0' END,
               coalesce(floor::text, 'none')
        FROM ledger_accounts
        WHERE (number < 100000 AND floor IS NOT NULL)
           OR (number >= 100000 AND floor IS DISTINCT FROM 0)
        """,
    ),
    Rule(
        "account.closed",
        "A closed account is empty.",
        """
        SELECT currency || ' ' || number, 0, balance || ' held ' || held
        FROM ledger_accounts
        WHERE closed_at IS NOT NULL AND (balance <> 0 OR held <> 0)
        """,
    ),
    Rule(
        "account.closed_still",
        "Nothing is posted to an account after it was closed.",
        """
        SELECT a.currency || ' ' || a.number, 'nothing after ' || a.closed_at, m.at
        FROM ledger_accounts AS a
        JOIN ledger_postings AS p
          ON p.currency = a.currency AND (p.debit = a.number OR p.credit = a.number)
        JOIN ledger_movements AS m ON m.id = p.movement_id
        WHERE a.closed_at IS NOT NULL AND m.at > a.closed_at
        """,
    ),
    Rule(
        "hold.account",
        "Both accounts of a hold exist and differ.",
        """
        SELECT h.id, 'two accounts', h.account || ' to ' || h.destination
        FROM ledger_holds AS h
        WHERE h.account = h.destination
           OR NOT EXISTS (
               SELECT FROM ledger_accounts AS a
               WHERE a.currency = h.currency AND a.number = h.account)
           OR NOT EXISTS (
               SELECT FROM ledger_accounts AS a
               WHERE a.currency = h.currency AND a.number = h.destination)
        """,
    ),
    Rule(
        "hold.captured",
        "Posted takes something and no more than was held; pending and expired leave some.",
        """
        SELECT id,
               CASE state
                   WHEN 'posted' THEN '1 to ' || amount
                   WHEN 'voided' THEN '0'
                   ELSE '0 to ' || amount - 1
               END,
               captured
        FROM ledger_holds
        WHERE captured NOT BETWEEN CASE state WHEN 'posted' THEN 1 ELSE 0 END
                           AND CASE state WHEN 'posted' THEN amount
                                          WHEN 'voided' THEN 0
                                          ELSE amount - 1 END
        """,
    ),
    Rule(
        "hold.captures",
        "What was captured of a hold is the sum of its captures.",
        """
        SELECT coalesce(h.id, c.hold_id), coalesce(h.captured, 0), coalesce(c.sum, 0)
        FROM ledger_holds AS h
        FULL JOIN (
            SELECT hold_id, sum(amount) AS sum
            FROM ledger_captures
            GROUP BY hold_id
        ) AS c ON c.hold_id = h.id
        WHERE coalesce(h.captured, -1) <> coalesce(c.sum, 0)
        """,
    ),
    Rule(
        "hold.movement",
        "What was captured was posted: from the hold's account to its destination, as much.",
        """
        SELECT c.movement_id, c.amount, coalesce(p.amount, 0)
        FROM ledger_captures AS c
        JOIN ledger_holds AS h ON h.id = c.hold_id
        LEFT JOIN ledger_postings AS p
          ON p.movement_id = c.movement_id
         AND p.line = 1
         AND p.currency = h.currency
         AND p.debit = h.account
         AND p.credit = h.destination
        WHERE c.amount IS DISTINCT FROM p.amount
          AND NOT ledger_has_left(c.movement_id)
        """,
    ),
    Rule(
        "hold.movement_once",
        "A movement captures one hold.",
        """
        SELECT movement_id, 1, count(*)
        FROM ledger_captures
        GROUP BY movement_id
        HAVING count(*) > 1
        """,
    ),
    Rule(
        "movement.reversal",
        "A reversal posts the opposite of all that the movement which it names did.",
        """
        SELECT undone.id, 'the opposite', coalesce(made.id::text, 'none')
        FROM ledger_movements AS made
        FULL JOIN ledger_reversals AS r ON r.movement_id = made.id
        LEFT JOIN ledger_movements AS undone ON undone.id = r.reversed
        WHERE (made.reverses IS NOT NULL OR r.reversed IS NOT NULL)
          AND NOT coalesce(ledger_has_left(r.reversed) OR ledger_has_left(r.movement_id), false)
          AND (made.reverses IS DISTINCT FROM r.reversed
               OR undone.id IS NULL
               OR undone.reverses IS NOT NULL
               OR EXISTS (
                   (SELECT p.currency, p.debit, p.credit, p.amount
                    FROM ledger_postings AS p
                    WHERE p.movement_id = undone.id)
                   EXCEPT ALL
                   (SELECT p.currency, p.credit, p.debit, p.amount
                    FROM ledger_postings AS p
                    WHERE p.movement_id = made.id))
               OR EXISTS (
                   (SELECT p.currency, p.credit, p.debit, p.amount
                    FROM ledger_postings AS p
                    WHERE p.movement_id = made.id)
                   EXCEPT ALL
                   (SELECT p.currency, p.debit, p.credit, p.amount
                    FROM ledger_postings AS p
                    WHERE p.movement_id = undone.id)))
        """,
    ),
    Rule(
        "currency.sum",
        "All accounts of a currency sum to zero.",
        """
        SELECT currency, 0, sum(balance)
        FROM ledger_accounts
        GROUP BY currency
        HAVING sum(balance) <> 0
        """,
    ),
)
