"""What an insider could plant in the records of what customers did, and which rule notices."""

from typing import Final

import asyncpg

from tael import auditor
from tael.kernel.database import AUDITOR_ROLE, ReadSession

# $C is the customer and $M the merchant of the story in conftest.py.
DAMAGE: Final[dict[str, tuple[str, set[str]]]] = {
    "a payment of another amount than was posted": (
        "UPDATE payments_payments SET amount_minor = 1 WHERE level = 'D' AND funding = 'balance'",
        {"payment.movement", "limit.day", "limit.year", "limit.static_codes"},
    ),
    "a payment by card that came from nowhere": (
        """
        UPDATE ledger_postings SET amount = amount + 1
        WHERE line = 1 AND movement_id IN (
            SELECT movement_id FROM payments_payments WHERE funding = 'card')
        """,
        {"payment.movement", "account.balance", "account.running_balance"},
    ),
    "a payment to another shop": (
        """
        UPDATE merchants_merchants SET account_number = (
            SELECT account_number FROM customers_wallets WHERE customer_id = $C)
        WHERE id = $M
        """,
        {"payment.movement", "payment.capture", "refund.movement", "merchant.account"},
    ),
    "a payment that was erased": (
        "DELETE FROM payments_payments WHERE level = 'D' AND funding = 'balance'",
        {"payment.told", "limit.day", "limit.year", "limit.static_codes"},
    ),
    "a payment that is said to have been declined": (
        """
        UPDATE payments_payments SET state = 'declined', decline_code = '51', settled_at = NULL
        WHERE funding = 'card'
        """,
        {
            "payment.movement",
            "payment.told",
            "limit.static_codes_by_card",
            "limit.dynamic_codes_by_card",
        },
    ),
    "an order that another amount was paid for": (
        "UPDATE payments_orders SET amount_minor = amount_minor + 1 WHERE state = 'paid'",
        {"order.payment"},
    ),
    "a transfer to another person": (
        "UPDATE transfers_transfers SET payer_id = payee_id, payee_id = payer_id",
        {"transfer.movement", "standing.run", "limit.day", "limit.year"},
    ),
    "a transfer that was erased": (
        "DELETE FROM transfers_transfers",
        {"transfer.told", "standing.run", "limit.day", "limit.year"},
    ),
    "a top-up of another amount than was posted": (
        """
        UPDATE transfers_card_transfers SET amount_minor = amount_minor + 1
        WHERE kind = 'top_up' AND state = 'succeeded'
        """,
        {"card_transfer.movement", "operation.act"},
    ),
    "a top-up that was posted before it is certain": (
        """
        UPDATE transfers_card_transfers SET movement_id = (
            SELECT id FROM ledger_movements WHERE kind = 'payment' LIMIT 1)
        WHERE state = 'pending' AND kind = 'top_up'
        """,
        {"card_transfer.movement"},
    ),
    "a top-up that was posted twice": (
        """
        UPDATE ledger_movements SET reference = (
            SELECT id FROM transfers_card_transfers
            WHERE kind = 'top_up' AND state = 'succeeded' LIMIT 1)
        WHERE kind = 'top_up'
        """,
        {"card_transfer.movement", "card_transfer.told"},
    ),
    "a withdrawal whose money is not held": (
        """
        WITH gone AS (
            UPDATE ledger_holds AS h SET state = 'voided', ended_at = now()
            FROM transfers_card_transfers AS c
            WHERE c.hold_id = h.id AND h.state = 'pending'
            RETURNING h.account, h.amount
        )
        UPDATE ledger_accounts AS a SET held = a.held - gone.amount
        FROM gone WHERE a.number = gone.account
        """,
        {"card_transfer.hold"},
    ),
    "a bank that was asked for another amount": (
        "UPDATE rails_operations SET amount = amount + 1 WHERE kind = 'withdrawal'",
        {"operation.act"},
    ),
    "money for which a bank said no": (
        "UPDATE rails_operations SET state = 'declined' WHERE kind = 'payment'",
        {"operation.outcome"},
    ),
    "an answer of a bank that nobody acted on": (
        """
        UPDATE rails_operations
        SET state = 'approved', finished_at = now() - interval '6 minutes', due_at = NULL,
            pan_sealed = NULL
        WHERE finished_at IS NULL
        """,
        {"operation.heard"},
    ),
    "more given back than the payment says": (
        "UPDATE payments_payments SET refunded_minor = 1 WHERE refunds = 1 AND funding = 'balance'",
        {"refund.sum"},
    ),
    "a refund of another amount than was posted": (
        "UPDATE payments_refunds SET amount_minor = amount_minor + 1 WHERE destination = 'balance'",
        {"refund.sum", "refund.movement"},
    ),
    "a refund that went elsewhere than it says": (
        "UPDATE payments_refunds SET destination = 'suspense' WHERE destination = 'balance'",
        {"refund.movement"},
    ),
    "a refund to a card that stayed in the wallet": (
        "UPDATE payments_refunds SET destination = 'balance' WHERE destination = 'card'",
        {"refund.movement"},
    ),
    "a refund that was erased": (
        "DELETE FROM payments_refunds WHERE destination = 'balance'",
        {"refund.sum", "refund.told"},
    ),
    "a shop that is said to have taken more": (
        """
        UPDATE payments_payments SET captured_minor = captured_minor + 1
        WHERE captured_minor > 0
        """,
        {"payment.captured", "payment.hold"},
    ),
    "a capture of another amount than was posted": (
        "UPDATE payments_captures SET amount_minor = amount_minor + 1",
        {"payment.captured", "payment.capture"},
    ),
    "a held payment whose hold was given up": (
        """
        WITH gone AS (
            UPDATE ledger_holds AS h SET state = 'voided', ended_at = now()
            FROM payments_payments AS p
            WHERE p.id = h.id AND h.state = 'pending' AND h.captured = 0
            RETURNING h.account, h.amount
        )
        UPDATE ledger_accounts AS a SET held = a.held - gone.amount
        FROM gone WHERE a.number = gone.account
        """,
        {"payment.hold"},
    ),
    "a payment that is said to be reversed": (
        """
        UPDATE payments_payments SET state = 'reversed' WHERE funding = 'card' AND level = 'B'
        """,
        {"payment.reversed", "limit.dynamic_codes_by_card"},
    ),
    "a standing order that sent another amount": (
        "UPDATE transfers_standing_orders SET amount_minor = amount_minor + 1",
        {"standing.run"},
    ),
    "a use of dynamic codes that was lowered": (
        """
        UPDATE customers_wallets
        SET dynamic_day_used_minor = 0, dynamic_cards_day_used_minor = 0
        WHERE customer_id = $C
        """,
        {"limit.dynamic_codes", "limit.dynamic_codes_by_card"},
    ),
    "a wallet on somebody else's account": (
        "UPDATE ledger_accounts SET holder = $M WHERE holder = $C",
        {"wallet.account"},
    ),
    "a day's use that was lowered": (
        """
        UPDATE customers_wallets SET day_used_minor = day_used_minor - 100
        WHERE customer_id = $C
        """,
        {"limit.day"},
    ),
    "a year's use that was lowered": (
        """
        UPDATE customers_wallets SET year_used_minor = 0 WHERE customer_id = $C
        """,
        {"limit.year"},
    ),
    "a use of printed codes that was lowered": (
        """
        UPDATE customers_wallets
        SET static_day_used_minor = 0, static_cards_day_used_minor = 0
        WHERE customer_id = $C
        """,
        {"limit.static_codes", "limit.static_codes_by_card"},
    ),
    "room under the cap that nothing comes in for": (
        """
        UPDATE customers_wallets SET credit_reserved_minor = 0 WHERE customer_id = $C
        """,
        {"limit.room"},
    ),
}


async def test_each_planted_damage_is_noticed_by_the_rules_that_are_meant_to(
    life: dict[str, str], owner: asyncpg.Connection
) -> None:
    assert await _differing(owner) == set(), "before any damage the books are right"
    await _unguard(owner)
    noticed = {}
    for name, (statement, _) in DAMAGE.items():
        for placeholder, identity in life.items():
            statement = statement.replace(placeholder, f"'{identity}'")  # noqa: PLW2901 - filled in
        noticed[name] = await _after(owner, statement)
    expected = {name: rules for name, (_, rules) in DAMAGE.items()}
    assert {name: noticed[name] for name in noticed if noticed[name] != expected[name]} == {}


def test_every_rule_about_acts_and_limits_is_provoked() -> None:
    elsewhere = {rule.name for rule in auditor.BOOKS}
    # Planted in tests/settlement.
    elsewhere |= {rule.name for rule in auditor.RULES if rule.name.startswith("settlement.")}
    provoked = set().union(*(rules for _, rules in DAMAGE.values()))
    assert provoked - elsewhere == {rule.name for rule in auditor.RULES} - elsewhere


async def _after(owner: asyncpg.Connection, statement: str) -> set[str]:
    """What the auditor notices after a damage, which is undone again."""
    undone = owner.transaction()
    await undone.start()
    try:
        done = await owner.execute(statement)
        assert not done.endswith(" 0"), f"the damage was done: {statement}"
        return await _differing(owner)
    finally:
        await undone.rollback()


async def _differing(connection: asyncpg.Connection) -> set[str]:
    """The names of the rules that find something, asked as the auditor's role."""
    await connection.execute(f"SET ROLE {AUDITOR_ROLE}")
    report = await auditor.check(ReadSession(connection, clock_moves=True))
    await connection.execute("RESET ROLE")
    return set(report.differing)


async def _unguard(owner: asyncpg.Connection) -> None:
    """Take the schema's guards away, as somebody with the server in hand could."""
    await owner.execute("SET session_replication_role = replica")
    for row in await owner.fetch(
        """
        SELECT conrelid::regclass::text AS on_table, conname
        FROM pg_constraint
        WHERE contype = 'c' AND conrelid <> 0 AND coninhcount = 0
          AND connamespace = 'public'::regnamespace
        """
    ):
        await owner.execute(f"ALTER TABLE {row['on_table']} DROP CONSTRAINT {row['conname']}")
    for row in await owner.fetch(
        "SELECT tgrelid::regclass::text AS on_table, tgname FROM pg_trigger WHERE tgenabled = 'A'"
    ):
        await owner.execute(f"ALTER TABLE {row['on_table']} DISABLE TRIGGER {row['tgname']}")
    await owner.execute(
        "ALTER TABLE merchants_merchants DROP CONSTRAINT uq_merchants_merchants_account_number"
    )
