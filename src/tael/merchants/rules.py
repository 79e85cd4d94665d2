"""Pure decisions about stores."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from tael.kernel.refusals import Refusal
from tael.ledger import AccountNumber
from tael.merchants.errors import StoreClosed
from tael.merchants.states import StoreState

MerchantId = NewType("MerchantId", UUID)
StoreId = NewType("StoreId", UUID)


@dataclass(frozen=True, slots=True)
class Store:
    """A store with what a payment needs of its merchant."""

    id: StoreId
    merchant_id: MerchantId
    owner_id: UUID | None
    account: AccountNumber
    name: str
    name_zh: str | None
    city: str
    mcc: str
    static_code: str
    state: StoreState

    @property
    def label(self) -> str:
        """How a payer sees the store in the history, findable in both languages."""
        return f"{self.name_zh} {self.name}" if self.name_zh else self.name


def refuses_payment(store: Store) -> Refusal | None:
    """Why this store takes no payment now, if so."""
    return StoreClosed() if store.state is StoreState.CLOSED else None
