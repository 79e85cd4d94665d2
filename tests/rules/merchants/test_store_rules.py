"""A store takes payments or not, and says its name in both languages."""

from uuid import UUID

import pytest

from tael.ledger import AccountNumber
from tael.merchants.errors import StoreClosed
from tael.merchants.rules import MerchantId, Store, StoreId, refuses_payment
from tael.merchants.states import STORE_TRANSITIONS, StoreState


def a_store(state: StoreState, name_zh: str | None = "示例面馆") -> Store:
    return Store(
        id=StoreId(UUID(int=1)),
        merchant_id=MerchantId(UUID(int=2)),
        owner_id=None,
        account=AccountNumber(100_001),
        name="DEMO NOODLES",
        name_zh=name_zh,
        city="BEIJING",
        mcc="5812",
        static_code="A1",
        state=state,
    )


def test_an_open_store_takes_payments_and_a_closed_one_none() -> None:
    assert refuses_payment(a_store(StoreState.OPEN)) is None
    assert isinstance(refuses_payment(a_store(StoreState.CLOSED)), StoreClosed)


@pytest.mark.parametrize(
    ("name_zh", "label"), [("示例面馆", "示例面馆 DEMO NOODLES"), (None, "DEMO NOODLES")]
)
def test_a_label_is_found_in_both_languages(name_zh: str | None, label: str) -> None:
    assert a_store(StoreState.OPEN, name_zh).label == label


def test_every_state_of_a_store_has_its_transitions() -> None:
    assert set(STORE_TRANSITIONS) == set(StoreState)
    for onward in STORE_TRANSITIONS.values():
        assert onward <= set(StoreState)
