"""Whose an account is, as staff and the other side of a movement may see it: masked."""

from collections.abc import Collection
from uuid import UUID

from tael import customers, ledger, merchants
from tael.kernel.database import ReadSession


async def holder_labels(
    session: ReadSession, accounts: Collection[ledger.AccountFacts]
) -> dict[ledger.AccountNumber, str]:
    """The label of each account's holder; empty for the bank's own accounts."""
    holders = {account.holder for account in accounts if account.holder is not None}
    labels: dict[UUID, str] = {
        holder: wallet.label
        for holder, wallet in (await customers.by_ids(session, holders)).items()
    }
    unknown = holders - set(labels)
    if unknown:
        labels |= await merchants.names(session, unknown)
    return {
        account.number: labels.get(account.holder, "") if account.holder else ""
        for account in accounts
    }
