"""The other bank's books: a key is done once, a reversal undoes once, whatever the order."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tael.codecs.iso8583_messages import MessageKey, Processing
from tael.codecs.response_codes import ResponseCode
from tael.sandbox.world.books import STORED_VALUE_LOAD, Books, Request
from tael.sandbox.world.people import WANG, CardKind

KEY = MessageKey("000001", "0310120000", "99900001")
LATER = MessageKey("000001", "0310120001", "99900001")


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = Books(tmp_path / "books.sqlite3")
    yield opened
    totals = opened.totals()
    assert totals["owed"] == totals["moved"]
    opened.close()


def asked(
    number: str,
    key: MessageKey = KEY,
    *,
    amount: int = 500,
    processing: Processing = Processing.PURCHASE,
    mcc: str = STORED_VALUE_LOAD,
) -> Request:
    return Request(key=key, processing=processing, number=number, amount=amount, mcc=mcc)


def test_the_same_key_is_done_once_and_answered_alike(books: Books) -> None:
    number = books.issue(WANG, "demo", CardKind.DEBIT, 1_000)
    first = books.perform(asked(number))
    assert first.code is ResponseCode.APPROVED
    assert books.perform(asked(number)) == first
    assert books.perform(asked(number, LATER)).code is ResponseCode.APPROVED
    assert books.totals()["owed"] == 1_000


def test_a_reversal_undoes_once(books: Books) -> None:
    number = books.issue(WANG, "demo", CardKind.DEBIT, 1_000)
    books.perform(asked(number))
    assert [books.reverse(KEY), books.reverse(KEY)] == [ResponseCode.APPROVED] * 2
    assert books.totals()["owed"] == 0
    outcome = books.outcome(KEY)
    assert outcome is not None
    assert (outcome.code, outcome.reversed) == (ResponseCode.APPROVED, True)


def test_what_comes_after_its_reversal_is_declined(books: Books) -> None:
    number = books.issue(WANG, "demo", CardKind.DEBIT, 1_000)
    assert books.reverse(KEY) is ResponseCode.NOT_FOUND
    assert books.perform(asked(number)).code is ResponseCode.INVALID_TRANSACTION
    assert books.reverse(KEY) is ResponseCode.NOT_FOUND
    assert books.totals()["owed"] == 0


def test_what_was_paid_out_is_not_reversed(books: Books) -> None:
    number = books.issue(WANG, "demo", CardKind.DEBIT, 0)
    books.perform(asked(number, processing=Processing.ORIGINAL_CREDIT))
    assert books.reverse(KEY) is ResponseCode.INVALID_TRANSACTION
    assert books.totals()["owed"] == -500


@pytest.mark.parametrize(
    ("kind", "status", "balance", "code"),
    [
        (CardKind.DEBIT, "active", 499, ResponseCode.INSUFFICIENT_FUNDS),
        (CardKind.DEBIT, "active", 500, ResponseCode.APPROVED),
        (CardKind.DEBIT, "restricted", 500, ResponseCode.RESTRICTED_CARD),
        (CardKind.DEBIT, "expired", 500, ResponseCode.EXPIRED_CARD),
        (CardKind.CREDIT, "active", 500, ResponseCode.NOT_PERMITTED),
    ],
)
def test_a_wallet_is_filled_from_a_good_debit_card(
    books: Books, kind: CardKind, status: str, balance: int, code: ResponseCode
) -> None:
    number = books.issue(WANG, "demo", kind, balance, status=status)
    assert books.perform(asked(number)).code is code


def test_a_credit_card_pays_in_shops_and_is_not_paid_out_to(books: Books) -> None:
    number = books.issue(WANG, "demo", CardKind.CREDIT, 500)
    assert books.perform(asked(number, mcc="5812")).code is ResponseCode.APPROVED
    payout = asked(number, LATER, processing=Processing.ORIGINAL_CREDIT)
    assert books.perform(payout).code is ResponseCode.NOT_PERMITTED


def test_an_unknown_card_is_refused(books: Books) -> None:
    assert books.perform(asked("9991010000000009999")).code is ResponseCode.INVALID_CARD


def test_an_unsure_switch_keeps_nothing(books: Books) -> None:
    number = books.issue(WANG, "demo", CardKind.DEBIT, 1_000)
    unsure = books.perform(asked(number), forced=ResponseCode.SYSTEM_ERROR)
    assert unsure.code is ResponseCode.SYSTEM_ERROR
    assert books.outcome(KEY) is None
    assert books.perform(asked(number)).code is ResponseCode.APPROVED


def test_the_books_outlive_their_process(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite3"
    first = Books(path)
    number = first.issue(WANG, "demo", CardKind.DEBIT, 1_000)
    done = first.perform(asked(number))
    first.close()
    second = Books(path)
    assert second.perform(asked(number)) == done
    assert second.totals()["owed"] == 500
    assert len(second.cards()) == len({str(card["number"]) for card in second.cards()})
    second.close()
