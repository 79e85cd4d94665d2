"""Laws of refunds: whatever is given back in whatever parts, each part of the payment is exact."""

from hypothesis import given
from hypothesis import strategies as st

from tael.kernel.money import CNY, Money
from tael.payments.rules import split_refund

parts = st.lists(st.integers(0, 10**9), min_size=1, max_size=5).filter(lambda found: sum(found) > 0)
seeds = st.integers(0, 10**12)


def fen(minor: int) -> Money:
    return Money(minor, CNY)


@given(parts, seeds)
def test_the_shares_of_a_refund_are_the_refund_and_within_what_is_left(
    left: list[int], seed: int
) -> None:
    amount = 1 + seed % sum(left)
    shares = split_refund([fen(part) for part in left], fen(amount))
    assert sum(share.minor for share in shares) == amount
    assert all(0 <= share.minor <= part for share, part in zip(shares, left, strict=True))


@given(parts, st.lists(st.integers(1, 10**9), max_size=50))
def test_all_refunds_together_give_back_each_part_exactly(
    paid: list[int], asked: list[int]
) -> None:
    left = [fen(part) for part in paid]
    back = [0] * len(paid)
    for wanted in [*asked, sum(paid)]:
        rest = sum(part.minor for part in left)
        if rest == 0:
            break
        shares = split_refund(left, fen(min(wanted, rest)))
        left = [part - share for part, share in zip(left, shares, strict=True)]
        back = [so_far + share.minor for so_far, share in zip(back, shares, strict=True)]
        assert all(so_far <= part for so_far, part in zip(back, paid, strict=True))
    assert back == paid


@given(st.integers(1, 10**6), st.integers(0, 10**6), seeds)
def test_the_bank_keeps_the_fraction_of_its_fee_while_the_shop_can_bear_it(
    net: int, fee: int, seed: int
) -> None:
    amount = 1 + seed % (net + fee)
    _, of_the_fee = split_refund([fen(net), fen(fee)], fen(amount))
    pro_rata = fee * amount // (net + fee)
    assert of_the_fee.minor == max(pro_rata, amount - net)
