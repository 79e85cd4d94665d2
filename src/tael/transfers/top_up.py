"""Fill the wallet from a bank card.

Nothing is given before the card's bank approves. Room under the balance cap is kept from the
beginning, so two top-ups, or a top-up and money from others, never pass the cap together.
"""

from datetime import datetime

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


async def begin_top_up(
    session: WriteSession, command: CardTransferCommand, *, sealer: Sealer, now: datetime
) -> CardTransferId:
    """Reserve the room and write the intent; `perform_card_transfer` follows the commit.

    Refuses `instruments.card_unknown`, `instruments.card_cannot_top_up`,
    `identity.authorisation_invalid`, `customers.wallet_frozen`, `customers.wallet_closed`,
    `customers.balance_cap_exceeded`, `transfers.amount_out_of_range`,
    `transfers.same_amount_pending`.
    """
    kind, customer = CardTransferKind.TOP_UP, command.customer_id
    card = await authorised_card(session, command, kind, now)
    use = await customers.lock_limit_use(session, [customer], now=now)
    wallet = use.wallet(customer)
    account = ledger.AccountNumber(wallet.account_number)
    book = await ledger.lock(session, [account], now=now)

    if wallet.status is customers.WalletStatus.FROZEN:
        raise customers.errors.WalletFrozen
    refusal = use.refuses_credit(customer, command.amount, book.balance(account))
    if refusal is not None:
        raise refusal
    await refuse_twin(session, command, kind)

    use.reserve_credit(customer, command.amount)
    new = NewCardTransfer(
        id=CardTransferId(ids.new_id()),
        kind=kind,
        command=command,
        card=card,
        hold_id=None,
        at=now,
    )
    await ledger.write(session, book)
    await customers.write_limit_use(session, use)
    await record(session, new, sealer=sealer)
    return new.id
