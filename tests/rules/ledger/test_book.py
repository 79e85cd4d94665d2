"""The book in memory: what it lets happen, what it refuses, what it calls a bug."""

from datetime import timedelta

import pytest

from factories.ledger import NOON, a_hold_id, a_movement, a_transfer, as_posted, fen
from tael.kernel import ids
from tael.kernel.money import CNY, PTS, Money
from tael.ledger import (
    AccountNumber,
    Book,
    HoldId,
    MovementId,
    MovementKind,
    Posting,
)
from tael.ledger.book import BookAccount
from tael.ledger.errors import (
    AccountClosed,
    AlreadyReversed,
    CaptureExceedsHold,
    HoldExpired,
    HoldNotOpen,
    InsufficientFunds,
    ReversalStands,
)
from tael.ledger.states import HoldState

ALICE, BOB, SHOP, GONE, WORLD = (AccountNumber(number) for number in (1, 2, 3, 4, 5))


def a_book() -> Book:
    """Alice has 10.00, Bob and the shop nothing; one account is closed, one has no floor."""
    return Book(
        CNY,
        NOON,
        [
            BookAccount(ALICE, 0, 1_000, 0, 7, False),
            BookAccount(BOB, 0, 0, 0, 0, False),
            BookAccount(SHOP, 0, 0, 0, 0, False),
            BookAccount(GONE, 0, 0, 0, 3, True),
            BookAccount(WORLD, None, -1_000, 0, 9, False),
        ],
    )


def a_held(book: Book, minor: int = 600) -> HoldId:
    """Some of Alice's money, set aside for the shop."""
    made = a_hold_id()
    book.hold(
        made,
        account=ALICE,
        to=SHOP,
        amount=fen(minor),
        expires_at=NOON + timedelta(minutes=1),
        reference=ids.new_id(),
    )
    return made


def figures(book: Book) -> dict[AccountNumber, tuple[int, int]]:
    return {n: (account.balance, account.held) for n, account in book.accounts.items()}


def test_a_posting_moves_its_amount_and_numbers_both_sides() -> None:
    book = a_book()
    movement = a_transfer(ALICE, BOB, 300)
    book.post(movement)
    assert book.balance(ALICE) == fen(700)
    assert book.balance(BOB) == fen(300)
    assert book.posting_rows == [(movement.id, 1, ALICE, BOB, 300, 8, 1, 700, 300)]
    book.assert_balanced()


def test_a_movement_has_several_postings_and_one_floor_check_at_its_end() -> None:
    book = a_book()
    book.post(a_movement(Posting(ALICE, BOB, fen(1_200)), Posting(WORLD, ALICE, fen(500))))
    assert figures(book)[ALICE] == (300, 0)
    assert [row[1] for row in book.posting_rows] == [1, 2]


def test_insufficient_funds_name_what_is_missing() -> None:
    book = a_book()
    assert book.refuses_debit(ALICE, fen(1_000)) is None
    refusal = book.refuses_debit(ALICE, fen(1_001))
    assert isinstance(refusal, InsufficientFunds)
    assert refusal.details == {"short_by": fen(1)}


def test_held_money_cannot_be_spent() -> None:
    book = a_book()
    a_held(book)
    assert book.available(ALICE) == fen(400)
    assert book.held(ALICE) == fen(600)
    assert isinstance(book.refuses_debit(ALICE, fen(401)), InsufficientFunds)


def test_a_closed_account_neither_pays_nor_receives() -> None:
    book = a_book()
    assert isinstance(book.refuses_debit(GONE, fen(1)), AccountClosed)
    assert isinstance(book.refuses_credit(GONE), AccountClosed)
    assert book.refuses_credit(BOB) is None


def test_the_bank_s_own_accounts_have_no_floor() -> None:
    book = a_book()
    assert book.refuses_debit(WORLD, fen(10**12)) is None


@pytest.mark.parametrize(
    "movement",
    [
        a_transfer(ALICE, BOB, 1_001),
        a_transfer(ALICE, GONE, 1),
        a_transfer(GONE, ALICE, 1),
        a_transfer(ALICE, ALICE, 1),
        a_transfer(ALICE, BOB, 0),
        a_transfer(ALICE, BOB, -1),
        a_movement(),
        a_movement(Posting(ALICE, BOB, Money(1, PTS))),
        a_transfer(ALICE, BOB, 1, at=NOON + timedelta(seconds=1)),
    ],
    ids=["floor", "to closed", "closed", "itself", "nothing", "negative", "empty", "PTS", "late"],
)
def test_to_post_what_nobody_may_is_a_bug(movement: object) -> None:
    book = a_book()
    with pytest.raises(AssertionError):
        book.post(movement)  # type: ignore[arg-type]  # each case is a movement


def test_money_of_another_currency_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        a_book().refuses_debit(ALICE, Money(1, PTS))


def test_a_capture_of_all_takes_what_was_held() -> None:
    book = a_book()
    made = a_held(book)
    book.capture(made, None, a_transfer(ALICE, SHOP, 600), final=False)
    assert figures(book)[ALICE] == (400, 0)
    assert figures(book)[SHOP] == (600, 0)
    assert book.holds[made].state is HoldState.POSTED


def test_a_capture_of_part_keeps_the_rest_held_for_the_next() -> None:
    book = a_book()
    made = a_held(book)
    book.capture(made, fen(250), a_transfer(ALICE, SHOP, 250), final=False)
    assert figures(book)[ALICE] == (750, 350)
    assert (book.holds[made].state, book.holds[made].left) == (HoldState.PENDING, 350)
    book.capture(made, None, a_transfer(ALICE, SHOP, 350), final=False)
    assert figures(book)[ALICE] == (400, 0)
    assert (book.holds[made].state, book.holds[made].captured) == (HoldState.POSTED, 600)
    assert [amount for _, _, amount in book.capture_rows] == [250, 350]


def test_the_final_capture_releases_the_rest() -> None:
    book = a_book()
    made = a_held(book)
    book.capture(made, fen(250), a_transfer(ALICE, SHOP, 250), final=True)
    assert figures(book)[ALICE] == (750, 0)
    assert (book.holds[made].state, book.holds[made].captured) == (HoldState.POSTED, 250)
    assert isinstance(book.refuses_capture(made, fen(1)), HoldNotOpen)


def test_to_void_after_a_capture_releases_the_rest_and_keeps_what_was_taken() -> None:
    book = a_book()
    made = a_held(book)
    book.capture(made, fen(250), a_transfer(ALICE, SHOP, 250), final=False)
    book.void(made)
    assert figures(book)[ALICE] == (750, 0)
    assert (book.holds[made].state, book.holds[made].captured) == (HoldState.POSTED, 250)
    with pytest.raises(HoldNotOpen):
        book.void(made)


def test_a_hold_that_expires_in_the_middle_keeps_what_was_taken() -> None:
    book = a_book()
    made = a_held(book)
    book.capture(made, fen(250), a_transfer(ALICE, SHOP, 250), final=False)
    book.now = NOON + timedelta(minutes=1)
    assert isinstance(book.refuses_capture(made), HoldExpired)
    assert book.release_due() == 1
    assert figures(book)[ALICE] == (750, 0)
    assert (book.holds[made].state, book.holds[made].captured) == (HoldState.EXPIRED, 250)


def test_a_capture_of_more_than_was_held_changes_nothing() -> None:
    book = a_book()
    made = a_held(book)
    before = figures(book)
    with pytest.raises(CaptureExceedsHold) as refused:
        book.capture(made, fen(601), a_transfer(ALICE, SHOP, 601), final=False)
    assert refused.value.details == {"exceeds_by": fen(1)}
    assert figures(book) == before


def test_a_capture_of_more_than_is_left_changes_nothing() -> None:
    book = a_book()
    made = a_held(book)
    book.capture(made, fen(250), a_transfer(ALICE, SHOP, 250), final=False)
    before = figures(book)
    with pytest.raises(CaptureExceedsHold) as refused:
        book.capture(made, fen(351), a_transfer(ALICE, SHOP, 351), final=True)
    assert refused.value.details == {"exceeds_by": fen(1)}
    assert figures(book) == before


def test_a_hold_is_captured_or_voided_once() -> None:
    book = a_book()
    made = a_held(book)
    book.void(made)
    assert figures(book)[ALICE] == (1_000, 0)
    before = figures(book)
    with pytest.raises(HoldNotOpen):
        book.void(made)
    with pytest.raises(HoldNotOpen):
        book.capture(made, None, a_transfer(ALICE, SHOP, 600), final=True)
    assert figures(book) == before


def test_an_unknown_hold_is_not_open() -> None:
    refusal = a_book().refuses_void(a_hold_id())
    assert isinstance(refusal, HoldNotOpen)
    assert refusal.details == {"state": "unknown"}


def test_a_hold_is_dead_at_its_deadline_without_a_sweep() -> None:
    book = a_book()
    made = a_held(book)
    book.now = NOON + timedelta(minutes=1)
    assert isinstance(book.refuses_capture(made), HoldExpired)
    assert book.release_due() == 1
    assert figures(book)[ALICE] == (1_000, 0)
    assert book.release_due() == 0
    with pytest.raises(HoldExpired):
        book.void(made)


def test_nothing_is_captured_into_an_account_that_was_closed_meanwhile() -> None:
    book = a_book()
    made = a_held(book)
    book.accounts[SHOP].closed = True
    assert isinstance(book.refuses_capture(made, fen(1)), AccountClosed)


@pytest.mark.parametrize(
    "wrong",
    [
        a_transfer(ALICE, BOB, 600),
        a_transfer(ALICE, SHOP, 599),
    ],
    ids=["elsewhere", "another amount"],
)
def test_a_capture_posts_exactly_what_it_takes(wrong: object) -> None:
    book = a_book()
    made = a_held(book)
    with pytest.raises(AssertionError):
        book.capture(made, None, wrong, final=True)  # type: ignore[arg-type]  # each case is a movement


@pytest.mark.parametrize(
    "terms",
    [
        {"amount": fen(0)},
        {"amount": fen(1_001)},
        {"amount": Money(1, PTS)},
        {"to": ALICE},
        {"to": GONE},
        {"expires_at": NOON},
    ],
    ids=["nothing", "too much", "PTS", "itself", "closed", "over at once"],
)
def test_to_hold_what_nobody_may_is_a_bug(terms: dict[str, object]) -> None:
    book = a_book()
    before = figures(book)
    right: dict[str, object] = {
        "account": ALICE,
        "to": SHOP,
        "amount": fen(1),
        "expires_at": NOON + timedelta(minutes=1),
        "reference": ids.new_id(),
    }
    with pytest.raises(AssertionError):
        book.hold(a_hold_id(), **(right | terms))  # type: ignore[arg-type]  # a case a row
    assert figures(book) == before


def test_the_same_hold_is_not_made_twice() -> None:
    book = a_book()
    made = a_held(book, 1)
    with pytest.raises(AssertionError):
        book.hold(
            made,
            account=ALICE,
            to=SHOP,
            amount=fen(1),
            expires_at=NOON + timedelta(minutes=1),
            reference=ids.new_id(),
        )


def test_a_reversal_posts_the_opposite_of_every_line() -> None:
    book = a_book()
    fee = a_movement(Posting(ALICE, BOB, fen(300)), Posting(ALICE, SHOP, fen(3)))
    before = figures(book)
    book.post(fee)
    made = book.reverse(as_posted(fee), MovementId(ids.new_id()), memo="")
    assert figures(book) == before
    assert made.postings == (Posting(SHOP, ALICE, fen(3)), Posting(BOB, ALICE, fen(300)))
    assert (made.kind, made.reverses) == (MovementKind.REVERSAL, fee.id)
    assert (made.payer_label, made.payee_label) == (fee.payee_label, fee.payer_label)
    assert book.reversals == {fee.id: made.id}


def test_a_movement_is_reversed_once_and_a_reversal_stands() -> None:
    book = a_book()
    moved = a_transfer(ALICE, BOB, 300)
    book.post(moved)
    made = book.reverse(as_posted(moved), MovementId(ids.new_id()), memo="")
    before = figures(book)
    with pytest.raises(AlreadyReversed):
        book.reverse(as_posted(moved), MovementId(ids.new_id()), memo="")
    known = as_posted(moved)._replace(reversed_by=made.id)
    assert isinstance(a_book().refuses_reversal(known), AlreadyReversed)
    with pytest.raises(ReversalStands):
        book.reverse(as_posted(made), MovementId(ids.new_id()), memo="")
    assert figures(book) == before


def test_what_was_spent_meanwhile_cannot_be_taken_back() -> None:
    book = a_book()
    moved = a_transfer(ALICE, BOB, 300)
    book.post(moved)
    book.post(a_transfer(BOB, SHOP, 1))
    before = figures(book)
    with pytest.raises(InsufficientFunds) as refused:
        book.reverse(as_posted(moved), MovementId(ids.new_id()), memo="")
    assert refused.value.details == {"short_by": fen(1)}
    book.accounts[ALICE].closed = True
    assert isinstance(book.refuses_reversal(as_posted(moved)), AccountClosed)
    assert figures(book) == before


def test_what_only_passed_through_an_account_is_reversed_through_it() -> None:
    book = a_book()
    passed = a_movement(Posting(WORLD, BOB, fen(50)), Posting(BOB, SHOP, fen(50)))
    before = figures(book)
    book.post(passed)
    book.reverse(as_posted(passed), MovementId(ids.new_id()), memo="")
    assert figures(book) == before


def test_a_movement_counts_for_its_business_day_unless_it_says_otherwise() -> None:
    book = a_book()
    earlier = NOON.date() - timedelta(days=3)
    book.post(a_transfer(ALICE, BOB, 1))
    book.post(a_transfer(ALICE, BOB, 1)._replace(effective_on=earlier))
    assert [row[6] for row in book.movement_rows] == [NOON.date(), earlier]


def test_a_sum_that_moved_is_noticed() -> None:
    book = a_book()
    book.accounts[BOB].balance += 1
    with pytest.raises(AssertionError):
        book.assert_balanced()
