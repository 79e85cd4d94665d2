"""Payments, holds and refunds against what was posted for them: each moved its money once."""

from typing import Final

from tael.auditor.rule import Rule

# The line of a payment's movement that pays the shop, beside the accounts that it must be
# between. What a card pays comes through the payer's account, whose history then shows it.
_PAYMENTS: Final = """
    SELECT p.id, p.state, p.amount_minor, p.currency, p.movement_id, p.funding,
           m.kind, m.reference, e.amount, e.currency AS posted_currency, e.debit, e.credit,
           shop.account_number AS shop, wallet.account_number AS payer,
           loaded.amount AS loaded, loaded.credit AS loaded_to, source.kind AS loaded_from
    FROM payments_payments AS p
    JOIN merchants_merchants AS shop ON shop.id = p.merchant_id
    LEFT JOIN customers_wallets AS wallet ON wallet.customer_id = p.payer_id
    LEFT JOIN ledger_movements AS m ON m.id = p.movement_id
    LEFT JOIN ledger_postings AS e
      ON e.movement_id = p.movement_id AND e.line = CASE p.funding WHEN 'card' THEN 2 ELSE 1 END
    LEFT JOIN ledger_postings AS loaded
      ON loaded.movement_id = p.movement_id AND loaded.line = 1 AND p.funding = 'card'
    LEFT JOIN ledger_accounts AS source
      ON source.currency = loaded.currency AND source.number = loaded.debit
    -- What a shop takes of a hold has rules of its own.
    WHERE p.held_until IS NULL
      AND (p.movement_id IS NULL OR NOT ledger_has_left(p.movement_id))
"""

_REFUNDS: Final = """
    SELECT r.id, r.state, r.destination, r.currency, r.amount_minor, r.movement_id, m.kind,
           m.reference,
           EXISTS (
               SELECT
               FROM ledger_postings AS e
               WHERE e.movement_id = r.movement_id
                 AND e.currency = r.currency
                 AND e.amount = r.amount_minor
                 AND e.debit = shop.account_number
                 AND e.credit = CASE r.destination
                     WHEN 'suspense' THEN suspense.number ELSE wallet.account_number END
           ) AS given,
           EXISTS (
               SELECT
               FROM ledger_postings AS e
               WHERE e.movement_id = r.movement_id
                 AND e.currency = r.currency
                 AND e.amount = r.amount_minor
                 AND e.debit = wallet.account_number
                 AND e.credit = clearing.number
           ) AS passed_on,
           h.state AS hold, h.amount AS held
    FROM payments_refunds AS r
    JOIN payments_payments AS p ON p.id = r.payment_id
    JOIN merchants_merchants AS shop ON shop.id = p.merchant_id
    LEFT JOIN customers_wallets AS wallet ON wallet.customer_id = p.payer_id
    LEFT JOIN ledger_accounts AS suspense
      ON suspense.currency = r.currency AND suspense.kind = 'suspense'
    LEFT JOIN ledger_accounts AS clearing
      ON clearing.currency = r.currency AND clearing.kind = 'card_clearing'
    LEFT JOIN ledger_movements AS m ON m.id = r.movement_id
    LEFT JOIN ledger_holds AS h ON h.id = r.id
    WHERE NOT ledger_has_left(r.movement_id)
"""

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "payment.movement",
        "A payment that succeeded moved its amount from its payer, through whom a card pays, to "
        "its shop; one that did not moved nothing.",
        f"""
        SELECT id, state || ' ' || currency || ' ' || amount_minor,
               coalesce(kind || ' ' || posted_currency || ' ' || amount, 'no movement')
        FROM ({_PAYMENTS}) AS p
        WHERE CASE WHEN state IN ('succeeded', 'reversed') THEN
                (kind, reference, amount, posted_currency, debit, credit)
                    IS DISTINCT FROM ('payment', id, amount_minor, currency, payer, shop)
                OR (funding = 'card' AND (loaded, loaded_to, loaded_from)
                    IS DISTINCT FROM (amount_minor, payer, 'card_clearing'))
            ELSE kind IS NOT NULL
        END
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "payment.reversed",
        "A payment is reversed exactly when its movement was undone by another.",
        """
        SELECT p.id, p.state, CASE WHEN r.movement_id IS NULL THEN 'stands' ELSE 'undone' END
        FROM payments_payments AS p
        LEFT JOIN ledger_reversals AS r ON r.reversed = p.movement_id
        WHERE (p.state = 'reversed') <> (r.movement_id IS NOT NULL)
        """,
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
              WHERE p.id = m.reference AND p.state NOT IN ('declined', 'voided', 'expired'))
        """,
    ),
    Rule(
        "payment.captured",
        "What a shop took of a held payment is the sum of its captures.",
        """
        SELECT p.id, coalesce(sum(c.amount_minor), 0), p.captured_minor
        FROM payments_payments AS p
        LEFT JOIN payments_captures AS c ON c.payment_id = p.id
        WHERE p.held_until IS NOT NULL OR c.payment_id IS NOT NULL
        GROUP BY p.id
        HAVING p.captured_minor <> coalesce(sum(c.amount_minor), 0)
        """,
    ),
    Rule(
        "payment.capture",
        "A capture moved its amount from the payer to the shop, out of the payment's own hold.",
        """
        SELECT c.movement_id, p.currency || ' ' || c.amount_minor,
               coalesce(m.kind || ' ' || e.currency || ' ' || e.amount, 'no movement')
        FROM payments_captures AS c
        JOIN payments_payments AS p ON p.id = c.payment_id
        JOIN merchants_merchants AS shop ON shop.id = p.merchant_id
        LEFT JOIN customers_wallets AS wallet ON wallet.customer_id = p.payer_id
        LEFT JOIN ledger_movements AS m ON m.id = c.movement_id
        LEFT JOIN ledger_postings AS e ON e.movement_id = c.movement_id AND e.line = 1
        LEFT JOIN ledger_captures AS taken ON taken.movement_id = c.movement_id
        WHERE (m.kind, m.reference, e.amount, e.currency, e.debit, e.credit, taken.hold_id)
              IS DISTINCT FROM ('payment', p.id, c.amount_minor, p.currency,
                                wallet.account_number, shop.account_number, p.id)
          AND NOT ledger_has_left(c.movement_id)
        """,
    ),
    Rule(
        "payment.hold",
        "A held payment holds its amount, and as long as it is held.",
        """
        SELECT p.id, p.state || ' ' || p.amount_minor || ' ' || p.captured_minor,
               coalesce(h.state || ' ' || h.amount || ' ' || h.captured, 'no hold')
        FROM payments_payments AS p
        LEFT JOIN ledger_holds AS h ON h.id = p.id AND h.currency = p.currency
        WHERE p.held_until IS NOT NULL
          AND ((h.amount, h.captured) IS DISTINCT FROM (p.amount_minor, p.captured_minor)
               OR CASE p.state
                   -- Its deadline ends a hold before the payment hears of it.
                   WHEN 'held' THEN h.state NOT IN ('pending', 'expired')
                   WHEN 'voided' THEN h.state <> 'voided'
                   WHEN 'expired' THEN h.state NOT IN ('pending', 'expired')
                   ELSE h.state = 'voided'
               END)
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
        WHERE o.state IN ('held', 'paid')
          AND (p.order_id, p.store_id, p.amount_minor, p.currency)
              IS DISTINCT FROM (o.id, o.store_id, o.amount_minor, o.currency)
        """,
    ),
    Rule(
        "refund.sum",
        "What a payment says was given back is the sum of its refunds, and no more than was paid.",
        """
        SELECT p.id,
               coalesce(sum(r.amount_minor), 0) || ' fee ' || coalesce(sum(r.fee_minor), 0)
                   || ' in ' || count(r.id),
               p.refunded_minor || ' fee ' || p.refunded_fee_minor || ' in ' || p.refunds
        FROM payments_payments AS p
        LEFT JOIN payments_refunds AS r ON r.payment_id = p.id
        WHERE p.refunds <> 0 OR p.refunded_minor <> 0 OR r.id IS NOT NULL
        GROUP BY p.id
        HAVING (p.refunded_minor, p.refunded_fee_minor, p.refunds) IS DISTINCT FROM
               (coalesce(sum(r.amount_minor), 0)::bigint, coalesce(sum(r.fee_minor), 0)::bigint,
                count(r.id)::integer)
            OR p.refunded_minor >
               CASE WHEN p.held_until IS NULL THEN p.amount_minor ELSE p.captured_minor END
        """,
    ),
    Rule(
        "refund.movement",
        "A refund moved its amount from the shop to where it says; while a card's bank is asked, "
        "the shop's money is held.",
        f"""
        SELECT id, state || ' to ' || destination || ' ' || currency || ' ' || amount_minor,
               coalesce(kind, 'no movement') || ', hold ' || coalesce(hold || ' ' || held, 'none')
        FROM ({_REFUNDS}) AS r
        WHERE CASE state
            WHEN 'succeeded' THEN
                (kind, reference) IS DISTINCT FROM ('refund', id)
                OR NOT given
                OR (destination = 'card') <> passed_on
            ELSE
                kind IS NOT NULL OR (hold, held) IS DISTINCT FROM ('pending', amount_minor)
        END
        """,  # noqa: S608 - a constant of ours
    ),
    Rule(
        "refund.told",
        "A movement that says that it is a refund belongs to one.",
        """
        SELECT m.id, 'a refund', 'none'
        FROM ledger_movements AS m
        WHERE m.kind = 'refund'
          AND NOT EXISTS (SELECT FROM payments_refunds AS r WHERE r.id = m.reference)
        """,
    ),
)
