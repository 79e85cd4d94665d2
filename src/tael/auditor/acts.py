"""What customers did against what was posted for it: each act moved its money once.

The ledger's own rules say that the books add up; these say that they tell what happened.
"""

from typing import Final

from tael.auditor.rule import Rule

# The first line of an act's movement, beside the accounts that it must have moved between.
_PAYMENTS: Final = """
    SELECT p.id, p.state, p.amount_minor, p.currency, p.movement_id, p.funding,
           m.kind, m.reference, e.amount, e.currency AS posted_currency, e.debit, e.credit,
           shop.account_number AS shop, wallet.account_number AS payer,
           loaded.amount AS loaded, loaded.credit AS loaded_to, source.kind AS loaded_from
    FROM payments_payments AS p
    JOIN merchants_merchants AS shop ON shop.id = p.merchant_id
    LEFT JOIN customers_wallets AS wallet ON wallet.customer_id = p.payer_id
    LEFT JOIN ledger_movements AS m ON m.id = p.movement_id
    -- What a card pays comes through the payer's account, whose history then shows it.
    LEFT JOIN ledger_postings AS e
      ON e.movement_id = p.movement_id AND e.line = CASE p.funding WHEN 'card' THEN 2 ELSE 1 END
    LEFT JOIN ledger_postings AS loaded
      ON loaded.movement_id = p.movement_id AND loaded.line = 1 AND p.funding = 'card'
    LEFT JOIN ledger_accounts AS source
      ON source.currency = loaded.currency AND source.number = loaded.debit
"""

_TRANSFERS: Final = """
    SELECT t.id, t.amount_minor, t.currency, m.kind, m.reference, e.amount,
           e.currency AS posted_currency, e.debit, e.credit,
           payer.account_number AS payer, payee.account_number AS payee
    FROM transfers_transfers AS t
    LEFT JOIN customers_wallets AS payer ON payer.customer_id = t.payer_id
    LEFT JOIN customers_wallets AS payee ON payee.customer_id = t.payee_id
    LEFT JOIN ledger_movements AS m ON m.id = t.movement_id
    LEFT JOIN ledger_postings AS e ON e.movement_id = t.movement_id AND e.line = 1
"""

_CARD_TRANSFERS: Final = """
    SELECT c.id, c.kind, c.state, c.amount_minor, c.currency, c.hold_id, m.kind AS posted_kind,
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
        "payment.movement",
        "A payment that succeeded moved its amount from its payer (or the cards' clearing) to "
        "its shop; one that did not moved nothing.",
        f"""
        SELECT id, state || ' ' || currency || ' ' || amount_minor,
               coalesce(kind || ' ' || posted_currency || ' ' || amount, 'no movement')
        FROM ({_PAYMENTS}) AS p
        WHERE CASE state
            WHEN 'succeeded' THEN
                (kind, reference, amount, posted_currency, debit, credit)
                    IS DISTINCT FROM ('payment', id, amount_minor, currency, payer, shop)
                OR (funding = 'card' AND (loaded, loaded_to, loaded_from)
                    IS DISTINCT FROM (amount_minor, payer, 'card_clearing'))
            ELSE kind IS NOT NULL
        END
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "payment.told",
        "A movement that says that it is a payment is one.",
        """
        SELECT m.id, 'a payment', 'none'
        FROM ledger_movements AS m
        WHERE m.kind = 'payment'
          AND NOT EXISTS (
              SELECT FROM payments_payments AS p
              WHERE p.id = m.reference AND p.state <> 'declined')
        """,
    ),
    Rule(
        "order.payment",
        "A paid order names its one payment, of the same amount at the same store.",
        """
        SELECT o.id, o.currency || ' ' || o.amount_minor,
               coalesce(p.state || ' ' || p.currency || ' ' || p.amount_minor, 'no payment')
        FROM payments_orders AS o
        LEFT JOIN payments_payments AS p ON p.id = o.payment_id
        WHERE o.state = 'paid'
          AND (p.order_id, p.store_id, p.amount_minor, p.currency)
              IS DISTINCT FROM (o.id, o.store_id, o.amount_minor, o.currency)
        """,
    ),
    Rule(
        "transfer.movement",
        "A transfer moved its amount from its payer to its payee.",
        f"""
        SELECT id, currency || ' ' || amount_minor,
               coalesce(kind || ' ' || posted_currency || ' ' || amount, 'no movement')
        FROM ({_TRANSFERS}) AS t
        WHERE (kind, reference, amount, posted_currency, debit, credit)
              IS DISTINCT FROM ('transfer', id, amount_minor, currency, payer, payee)
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
        ) AS a ON a.operation_id = o.id
        WHERE o.kind IN ('top_up', 'withdrawal', 'payment')
          AND (a.kind, a.id, a.currency, a.amount_minor)
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
            WHERE funding = 'card' AND state = 'succeeded'
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
        ) AS a
        JOIN rails_operations AS o ON o.id = a.operation_id
        WHERE o.finished_at < now() - interval '5 minutes'
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
