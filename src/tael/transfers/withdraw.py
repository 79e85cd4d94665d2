"""Take money out of the wallet, to the holder's own debit card.

The money is set aside before the card's bank is asked, and taken when it says that it paid. It
counts against the limits from the beginning, and is given back to them if the bank declines.
"""

from datetime import datetime, timedelta
from typing import Final

from tael import customers, ledger
from tael.kernel import ids
from tael.kernel.database import WriteSession
from tael.kernel.sealed import Sealer
from tael.transfers.card_states import CardTransferKind
from tael.transfers.card_transfers import (
    CardTransferCommand,
    CardTransferId,
    NewCardTransfer,
    authorised_card,
    record,
    refuse_twin,
)

HOLD_LIFE: Final = timedelta(days=36_500)
"""Never, in effect: only the card's bank says how a withdrawal ends. A hold that expired while
its outcome is unknown would let the same money be spent and paid out."""


async def begin_withdrawal(
    session: WriteSession, command: CardTransferCommand, *, sealer: Sealer, now: datetime
) -> CardTransferId:
    """Set the money aside and write the intent; `perform_card_transfer` follows the commit.

    Refuses `instruments.card_unknown`, `instruments.card_cannot_withdraw`,
    `identity.authorisation_invalid`, `customers.wallet_frozen`, `customers.wallet_closed`,
    `customers.limit_exceeded`, `ledger.insufficient_funds`, `transfers.amount_out_of_range`,
    `transfers.same_amount_pending`.
    """
    kind, customer, amount = CardTransferKind.WITHDRAWAL, command.customer_id, command.amount
    card = await authorised_card(session, command, kind, now)
    use = await customers.lock_limit_use(session, [customer], now=now)
    account = ledger.AccountNumber(use.wallet(customer).account_number)
    book = await ledger.lock(session, [account, ledger.CARD_CLEARING], now=now)

    act = customers.SpendAct.WITHDRAWAL
    refusal = use.refuses(customer, act, amount) or book.refuses_debit(account, amount)
    if refusal is not None:
        raise refusal
    await refuse_twin(session, command, kind)

    new = NewCardTransfer(
        id=CardTransferId(ids.new_id()),
        kind=kind,
        command=command,
        card=card,
        hold_id=ledger.HoldId(ids.new_id()),
        at=now,
    )
    assert new.hold_id is not None
    use.add(customer, act, amount)
    book.hold(
        new.hold_id,
        account=account,
        to=ledger.CARD_CLEARING,
        amount=amount,
        expires_at=now + HOLD_LIFE,
        reference=new.id,
    )
    await ledger.write(session, book)
    await customers.write_limit_use(session, use)
    await record(session, new, sealer=sealer)
    return new.id
