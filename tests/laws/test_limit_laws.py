"""Laws of limits: whatever is asked for in whatever order, no cap is passed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tael.customers.limit_table import load_limits
from tael.customers.limit_use import LimitedWallet, LimitUse, period_at
from tael.customers.rules import Use, fits
from tael.customers.states import SpendAct, WalletClass, WalletStatus
from tael.kernel.clock import business_day
from tael.kernel.money import CNY, Money
from tael.ledger import AccountNumber

TABLE = load_limits()
START = datetime(2026, 12, 28, 4, tzinfo=UTC)
WHO = UUID(int=1)

classes = st.sampled_from(list(WalletClass))
acts = st.sampled_from(list(SpendAct))
amounts = st.one_of(st.integers(1, 6_000_00), st.integers(1, 60_000_00))
asked = st.lists(
    st.tuples(acts, amounts, st.integers(0, 30), st.booleans()), min_size=1, max_size=60
)


def fresh(wallet_class: WalletClass) -> Use:
    today = business_day(START)
    return Use(WalletStatus.ACTIVE, wallet_class, today, 0, 0, 0, 0, 0, today.year, 0, 0)


def batch(use: Use, now: datetime) -> LimitUse:
    wallet = LimitedWallet(WHO, AccountNumber(1), None, "138****1234", use)
    period = period_at(now)
    return LimitUse([wallet], TABLE.on(period.today), period)


@given(classes, asked)
def test_no_order_of_acts_and_days_passes_a_cap(
    wallet_class: WalletClass, asked: list[tuple[SpendAct, int, int, bool]]
) -> None:
    use, now = fresh(wallet_class), START
    caps = TABLE.on(business_day(START)).classes[wallet_class]
    passed: list[tuple[SpendAct, int, datetime]] = []
    for act, minor, hours, declined in asked:
        now += timedelta(hours=hours)
        together = batch(use, now)
        amount = Money(minor, CNY)
        if together.refuses(WHO, act, amount) is None:
            together.add(WHO, act, amount)
            if declined:
                together.give_back(WHO, act, amount, now)
            else:
                passed.append((act, minor, now))
    # An independent count over what passed, by day and by year.
    own = {SpendAct.PAYMENT, SpendAct.STATIC_PAYMENT, SpendAct.TRANSFER, SpendAct.WITHDRAWAL}
    for _, _, at in passed:
        day = [(a, m) for a, m, t in passed if business_day(t) == business_day(at)]
        year = [(a, m) for a, m, t in passed if business_day(t).year == business_day(at).year]
        assert sum(m for a, m in day if a in own) <= caps.day
        assert sum(m for a, m in year if a in own) <= caps.year
        assert sum(m for a, m in day if a is SpendAct.STATIC_PAYMENT) <= caps.static_code_day
        by_card = sum(m for a, m in day if a is SpendAct.STATIC_CARD_PAYMENT)
        assert by_card <= caps.static_code_cards_day
        dynamic = sum(m for a, m in day if a is SpendAct.PAYMENT)
        assert dynamic <= caps.dynamic_code_day
        dynamic_by_card = sum(m for a, m in day if a is SpendAct.CARD_PAYMENT)
        assert dynamic_by_card <= caps.dynamic_code_cards_day
    assert all(m <= caps.per_payment for a, m, _ in passed if a in own)


@given(classes, st.lists(st.tuples(acts, amounts), min_size=1, max_size=40))
def test_a_batch_decides_as_the_same_acts_alone(
    wallet_class: WalletClass, asked: list[tuple[SpendAct, int]]
) -> None:
    together, alone = batch(fresh(wallet_class), START), fresh(wallet_class)
    for act, minor in asked:
        amount = Money(minor, CNY)
        single = batch(alone, START)
        in_batch, by_itself = (use.refuses(WHO, act, amount) for use in (together, single))
        assert (in_batch and in_batch.details) == (by_itself and by_itself.details)
        if in_batch is None:
            together.add(WHO, act, amount)
            single.add(WHO, act, amount)
    assert together.wallet(WHO).use == alone


@given(classes, st.lists(st.tuples(acts, amounts), max_size=20), acts, amounts)
def test_what_a_refusal_says_is_left_would_pass(
    wallet_class: WalletClass, before: list[tuple[SpendAct, int]], act: SpendAct, minor: int
) -> None:
    use = batch(fresh(wallet_class), START)
    for earlier, earlier_minor in before:
        if use.refuses(WHO, earlier, Money(earlier_minor, CNY)) is None:
            use.add(WHO, earlier, Money(earlier_minor, CNY))
    refused = use.refuses(WHO, act, Money(minor, CNY))
    if refused is not None:
        left = refused.details["left"]
        assert isinstance(left, Money)
        assert left.minor < minor
        assert left.minor == 0 or use.refuses(WHO, act, left) is None


@given(st.lists(st.tuples(acts, amounts), max_size=20), acts, amounts)
def test_a_better_class_never_refuses_what_a_worse_one_allows(
    before: list[tuple[SpendAct, int]], act: SpendAct, minor: int
) -> None:
    block = TABLE.on(business_day(START))
    use = fresh(WalletClass.PHONE_ONLY)
    for earlier, earlier_minor in before:
        if fits(use, block.classes[use.wallet_class], earlier, earlier_minor):
            use.add(earlier, earlier_minor)
    allowed = [fits(use, block.classes[number], act, minor) for number in sorted(WalletClass)]
    assert allowed == sorted(allowed, reverse=True)
