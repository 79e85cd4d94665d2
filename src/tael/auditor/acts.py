"""What customers did against what was posted for it: each act moved its money once.

The ledger's own rules say that the books add up; these say that they tell what happened.
"""

from typing import Final

from tael.auditor.rule import Rule

# The first line of an act's movement, beside the accounts that it must have moved between.
_TRANSFERS: Final = """
    SELECT t.id, t.movement_id, t.amount_minor, t.currency, m.kind, m.reference, e.amount,
           e.currency AS posted_currency, e.debit, e.credit,
           payer.account_number AS payer, payee.account_number AS payee
    FROM transfers_transfers AS t
    LEFT JOIN customers_wallets AS payer ON payer.customer_id = t.payer_id
    LEFT JOIN customers_wallets AS payee ON payee.customer_id = t.payee_id
    LEFT JOIN ledger_movements AS m ON m.id = t.movement_id
    LEFT JOIN ledger_postings AS e ON e.movement_id = t.movement_id AND e.line = 1
"""

_CARD_TRANSFERS: Final = """
    SELECT c.id, c.kind, c.state, c.movement_id, c.amount_minor, c.currency, c.hold_id,
           m.kind AS posted_kind,
           m.reference, e.amount, e.currency AS posted_currency, e.debit, e.credit,
           wallet.account_number AS wallet, clearing.number AS clearing
    FROM transfers_card_transfers AS c
    LEFT JOIN customers_wallets AS wallet ON wallet.customer_id = c.customer_id
    LEFT JOIN ledger_accounts AS clearing
      ON clearing.currency = c.currency AND clearing.kind = 'card_clearing'
    LEFT JOIN ledger_movements AS m ON m.id = c.movement_id
    LEFT JOIN ledger_postings AS e ON e.movement_id = c.movement_id AND e.line = 1
"""

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "transfer.movement",
        "A transfer moved its amount from its payer to its payee.",
        f"""
        SELECT id, currency || ' ' || amount_minor,
               coalesce(kind || ' ' || posted_currency || ' ' || amount, 'no movement')
        FROM ({_TRANSFERS}) AS t
        WHERE (kind, reference, amount, posted_currency, debit, credit)
              IS DISTINCT FROM ('transfer', id, amount_minor, currency, payer, payee)
          AND NOT ledger_has_left(movement_id)
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "transfer.told",
        "A movement that says that it is a transfer is one.",
        """
        SELECT m.id, 'a transfer', 'none'
        FROM ledger_movements AS m
        WHERE m.kind = 'transfer'
          AND NOT EXISTS (SELECT FROM transfers_transfers AS t WHERE t.id = m.reference)
        """,
    ),
    Rule(
        "card_transfer.movement",
        "A top-up or withdrawal that succeeded moved its amount between wallet and clearing; "
        "another moved nothing.",
        f"""
        SELECT id, kind || ' ' || state || ' ' || currency || ' ' || amount_minor,
               coalesce(posted_kind || ' ' || posted_currency || ' ' || amount, 'no movement')
        FROM ({_CARD_TRANSFERS}) AS c
        WHERE CASE
            WHEN state <> 'succeeded' THEN posted_kind IS NOT NULL
            WHEN kind = 'top_up' THEN
                (posted_kind, reference, amount, posted_currency, debit, credit)
                    IS DISTINCT FROM (kind, id, amount_minor, currency, clearing, wallet)
            ELSE
                (posted_kind, reference, amount, posted_currency, debit, credit)
                    IS DISTINCT FROM (kind, id, amount_minor, currency, wallet, clearing)
        END
          AND (movement_id IS NULL OR NOT ledger_has_left(movement_id))
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "card_transfer.told",
        "A movement that says that it is a top-up or withdrawal is one, and is its only one.",
        """
        SELECT m.id, 'a card transfer', coalesce(c.state, 'none')
        FROM ledger_movements AS m
        LEFT JOIN transfers_card_transfers AS c ON c.id = m.reference AND c.kind = m.kind
        WHERE m.kind IN ('top_up', 'withdrawal')
          AND c.movement_id IS DISTINCT FROM m.id
        """,
    ),
    Rule(
        "card_transfer.hold",
        "A withdrawal holds its amount while it is pending, and no longer.",
        """
        SELECT c.id, c.state || ' ' || c.amount_minor,
               coalesce(h.state || ' ' || h.amount, 'no hold')
        FROM transfers_card_transfers AS c
        LEFT JOIN ledger_holds AS h ON h.id = c.hold_id AND h.currency = c.currency
        WHERE c.kind = 'withdrawal'
          AND (h.amount IS DISTINCT FROM c.amount_minor
               OR CASE c.state
                   WHEN 'pending' THEN h.state <> 'pending'
                   WHEN 'succeeded' THEN h.state <> 'posted' OR NOT EXISTS (
                       SELECT FROM ledger_captures AS taken
                       WHERE taken.movement_id = c.movement_id AND taken.hold_id = h.id)
                   ELSE h.state NOT IN ('voided', 'expired')
               END)
        """,
    ),
    Rule(
        "operation.act",
        "What a card's bank was asked for is as much as the act that asked.",
        """
        SELECT o.id, o.kind || ' ' || o.currency || ' ' || o.amount,
               coalesce(a.currency || ' ' || a.amount_minor, 'no act')
        FROM rails_operations AS o
        LEFT JOIN (
            SELECT operation_id, kind, id, currency, amount_minor FROM transfers_card_transfers
            UNION ALL
            SELECT operation_id, 'payment', id, currency, amount_minor FROM payments_payments
            WHERE operation_id IS NOT NULL
            UNION ALL
            SELECT operation_id, 'refund', id, currency, amount_minor FROM payments_refunds
            WHERE operation_id IS NOT NULL
        ) AS a ON a.operation_id = o.id
        WHERE (a.kind, a.id, a.currency, a.amount_minor)
              IS DISTINCT FROM (o.kind, o.reference, o.currency, o.amount)
        """,
    ),
    Rule(
        "operation.outcome",
        "Money moved for a card only where its bank approved.",
        """
        SELECT a.id, 'approved', coalesce(o.state, 'no operation')
        FROM (
            SELECT id, operation_id FROM transfers_card_transfers WHERE state = 'succeeded'
            UNION ALL
            SELECT id, operation_id FROM payments_payments
            WHERE funding = 'card' AND state IN ('succeeded', 'reversed')
            UNION ALL
            SELECT id, operation_id FROM payments_refunds
            WHERE destination = 'card' AND state = 'succeeded'
        ) AS a
        LEFT JOIN rails_operations AS o ON o.id = a.operation_id
        WHERE o.state IS DISTINCT FROM 'approved'
        """,
    ),
    Rule(
        "operation.heard",
        "What a card's bank decided reached the act that asked, within five minutes.",
        """
        SELECT a.id, o.state, 'pending'
        FROM (
            SELECT id, operation_id FROM transfers_card_transfers WHERE state = 'pending'
            UNION ALL
            SELECT id, operation_id FROM payments_payments
            WHERE funding = 'card' AND state = 'pending'
            UNION ALL
            SELECT id, operation_id FROM payments_refunds WHERE state = 'pending'
        ) AS a
        JOIN rails_operations AS o ON o.id = a.operation_id
        WHERE o.finished_at < now() - interval '5 minutes'
        """,
    ),
    Rule(
        "standing.run",
        "What a standing order sent on a day is a transfer of its payer, to its payee, as much.",
        """
        SELECT r.order_id || ' on ' || r.due_on, o.currency || ' ' || o.amount_minor,
               coalesce(t.currency || ' ' || t.amount_minor, 'no transfer')
        FROM transfers_standing_runs AS r
        JOIN transfers_standing_orders AS o ON o.id = r.order_id
        LEFT JOIN transfers_transfers AS t ON t.id = r.transfer_id
        WHERE r.state = 'sent'
          AND (t.movement_id, t.payer_id, t.payee_id, t.currency, t.amount_minor)
              IS DISTINCT FROM
              (r.movement_id, o.payer_id, o.payee_id, o.currency, o.amount_minor)
        """,
    ),
    Rule(
        "wallet.account",
        "A wallet's money lies in its holder's account, which is open as long as the wallet is.",
        """
        SELECT w.customer_id, w.status || ' ' || w.account_number,
               coalesce(a.kind || ' of ' || a.holder, 'no account')
        FROM customers_wallets AS w
        LEFT JOIN ledger_accounts AS a ON a.currency = 'CNY' AND a.number = w.account_number
        WHERE (a.kind, a.holder) IS DISTINCT FROM ('customer_cash', w.customer_id)
           OR (a.closed_at IS NULL) <> (w.closed_at IS NULL)
        """,
    ),
    Rule(
        "merchant.account",
        "What we owe a merchant lies in his own account.",
        """
        SELECT m.id, m.account_number, coalesce(a.kind || ' of ' || a.holder, 'no account')
        FROM merchants_merchants AS m
        LEFT JOIN ledger_accounts AS a ON a.currency = 'CNY' AND a.number = m.account_number
        WHERE (a.kind, a.holder) IS DISTINCT FROM ('merchant_payable', m.id)
        """,
    ),
)
