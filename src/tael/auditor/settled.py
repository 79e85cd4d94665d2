"""Reconciliation against the postings: each compared day, its corrections, and what stands open."""

from typing import Final

from tael.auditor.rule import Rule

# Entries of our account with the switch, as the postings tell them; owed to us is above zero.
_POSTED: Final = """
    SELECT p.movement_id, p.debit_seq AS sequence, p.amount AS effect
    FROM ledger_postings AS p
    JOIN ledger_accounts AS a
      ON a.currency = p.currency AND a.number = p.debit AND a.kind = 'card_clearing'
    UNION ALL
    SELECT p.movement_id, p.credit_seq, -p.amount
    FROM ledger_postings AS p
    JOIN ledger_accounts AS a
      ON a.currency = p.currency AND a.number = p.credit AND a.kind = 'card_clearing'
"""

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "settlement.entry",
        "What a day was compared with is what our account with the switch holds of it.",
        f"""
        SELECT r.day, p.movement_id || ' ' || p.effect,
               coalesce(e.movement || ' ' || e.effect, 'not compared')
        FROM settlement_runs AS r
        JOIN ({_POSTED}) AS p ON p.sequence >= r.first_sequence AND p.sequence < r.end_sequence
        LEFT JOIN settlement_entries AS e ON e.sequence = p.sequence
        WHERE (e.day, e.movement, e.effect) IS DISTINCT FROM (r.day, p.movement_id, p.effect)
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "settlement.day",
        "A day's nets are the sums of its file, of our entries, of corrections, and of its breaks.",
        """
        SELECT r.day,
               f.net || ' ' || e.net || ' ' || e.corrected || ' ' || b.net,
               r.file_net || ' ' || r.booked_net || ' ' || r.corrected_net || ' ' || r.differing
        FROM settlement_runs AS r
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(effect), 0) AS net FROM settlement_lines WHERE day = r.day
        ) AS f
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(effect), 0) AS net,
                   coalesce(sum(effect) FILTER (WHERE correction IS NOT NULL), 0) AS corrected
            FROM settlement_entries
            WHERE day = r.day
        ) AS e
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(difference), 0) AS net FROM settlement_breaks WHERE day = r.day
        ) AS b
        WHERE (f.net, e.net, e.corrected, b.net)
              IS DISTINCT FROM (r.file_net, r.booked_net, r.corrected_net, r.differing)
           OR f.net <> e.net - e.corrected + b.net
        """,
    ),
    Rule(
        "settlement.chain",
        "Days are compared one after another, each from where the last one ended.",
        """
        SELECT day, previous + 1 || ' ' || ended, day || ' ' || first_sequence
        FROM (
            SELECT day, first_sequence,
                   lag(day) OVER (ORDER BY day) AS previous,
                   lag(end_sequence) OVER (ORDER BY day) AS ended
            FROM settlement_runs
        ) AS r
        WHERE previous IS NOT NULL
          AND (day, first_sequence) IS DISTINCT FROM (previous + 1, ended)
        """,
    ),
    Rule(
        "settlement.correction",
        "A break that was booked out moved exactly its difference between clearing and suspense.",
        """
        SELECT b.id, b.difference::text,
               coalesce(m.kind || ' ' || p.amount || ' ' || debit.kind || ' ' || credit.kind,
                        'no movement')
        FROM settlement_breaks AS b
        LEFT JOIN ledger_movements AS m ON m.id = b.movement AND m.reference = b.id
        LEFT JOIN ledger_postings AS p ON p.movement_id = m.id
        LEFT JOIN ledger_accounts AS debit ON debit.currency = p.currency AND debit.number = p.debit
        LEFT JOIN ledger_accounts AS credit
          ON credit.currency = p.currency AND credit.number = p.credit
        WHERE b.state = 'posted'
          AND (m.kind, p.amount, debit.kind, credit.kind) IS DISTINCT FROM (
              'adjustment', abs(b.difference),
              CASE WHEN b.difference > 0 THEN 'card_clearing' ELSE 'suspense' END,
              CASE WHEN b.difference > 0 THEN 'suspense' ELSE 'card_clearing' END)
        """,
    ),
    Rule(
        "settlement.pair",
        "What takes a break back is the other half of it: the two are zero together.",
        """
        SELECT b.id, (-b.difference)::text, coalesce(o.difference::text, 'nothing')
        FROM settlement_breaks AS b
        LEFT JOIN settlement_breaks AS o ON o.id = b.counterpart AND o.counterpart = b.id
        WHERE b.counterpart IS NOT NULL AND o.difference IS DISTINCT FROM -b.difference
        """,
    ),
    Rule(
        "settlement.open",
        "What stands open is the whole difference between the switch's files and our account.",
        """
        SELECT 'all days', whole::text, stands::text
        FROM (
            SELECT (SELECT coalesce(sum(file_net - booked_net), 0) FROM settlement_runs)
                   -- Corrections of days that are not over yet.
                   - (SELECT coalesce(sum(b.difference), 0)
                      FROM settlement_breaks AS b
                      WHERE b.state = 'posted'
                        AND NOT EXISTS (
                            SELECT FROM settlement_entries AS e WHERE e.correction = b.id)
                   ) AS whole,
                   (SELECT coalesce(sum(difference), 0)
                    FROM settlement_breaks
                    WHERE state = 'open') AS stands
        ) AS t
        WHERE whole <> stands
        """,
    ),
)
