"""Pure decisions: what a wallet may spend and receive."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from tael.customers.caps import NO_CAP, Caps, LimitBlock, Period
from tael.customers.errors import (
    BalanceCapExceeded,
    LimitExceeded,
    PayeeCannotReceive,
    WalletClosed,
    WalletFrozen,
)
from tael.customers.states import RAISES, LimitKind, SpendAct, WalletClass, WalletStatus
from tael.kernel.money import CNY, Money
from tael.kernel.refusals import Refusal

_ACTIVE: Final = WalletStatus.ACTIVE
_DYNAMIC: Final = SpendAct.PAYMENT
_CARD: Final = SpendAct.CARD_PAYMENT
_STATIC: Final = SpendAct.STATIC_PAYMENT
_STATIC_CARD: Final = SpendAct.STATIC_CARD_PAYMENT
_DAILY: Final = frozenset(
    {
        LimitKind.DAY,
        LimitKind.DYNAMIC_CODE_DAY,
        LimitKind.DYNAMIC_CODE_CARDS_DAY,
        LimitKind.STATIC_CODE_DAY,
        LimitKind.STATIC_CODE_CARDS_DAY,
    }
)


@dataclass(slots=True)
class Use:
    """What one wallet has used of its caps, as of its `day` and `year`, in fen.

    Mutable on purpose: the commands of a batch are counted here one after the other.
    """

    status: WalletStatus
    wallet_class: WalletClass
    day: date
    day_used: int
    static_day_used: int
    static_cards_day_used: int
    dynamic_day_used: int
    dynamic_cards_day_used: int
    year: int
    year_used: int
    credit_reserved: int

    def roll_to(self, today: date) -> None:
        """Begin a new day or year at zero. A row that is ahead of us stays as it is.

        Two processes' clocks differ around midnight: the later day counts, never less.
        """
        if self.day < today:
            self.day = today
            self.day_used = self.static_day_used = self.static_cards_day_used = 0
            self.dynamic_day_used = self.dynamic_cards_day_used = 0
        if self.year < today.year:
            self.year = today.year
            self.year_used = 0

    def add(self, act: SpendAct, minor: int) -> None:
        """Count an act that was not refused."""
        if act is _CARD:
            self.dynamic_cards_day_used += minor
            return
        if act is _STATIC_CARD:
            self.static_cards_day_used += minor
            return
        self.day_used += minor
        self.year_used += minor
        if act is _DYNAMIC:
            self.dynamic_day_used += minor
        elif act is _STATIC:
            self.static_day_used += minor

    def give_back(self, act: SpendAct, minor: int, day: date) -> None:
        """Undo an `add` of that day: each period gets its use back only while it still runs."""
        if self.year == day.year and act not in {_CARD, _STATIC_CARD}:
            self.year_used -= minor
        if self.day == day:
            match act:
                case SpendAct.CARD_PAYMENT:
                    self.dynamic_cards_day_used -= minor
                case SpendAct.STATIC_CARD_PAYMENT:
                    self.static_cards_day_used -= minor
                case SpendAct.PAYMENT:
                    self.day_used -= minor
                    self.dynamic_day_used -= minor
                case SpendAct.STATIC_PAYMENT:
                    self.day_used -= minor
                    self.static_day_used -= minor
                case _:
                    self.day_used -= minor
        assert min(self.day_used, self.year_used, self.static_day_used) >= 0, "given back twice"
        assert self.dynamic_day_used >= 0, "given back twice"
        assert min(self.static_cards_day_used, self.dynamic_cards_day_used) >= 0, "given back twice"


@dataclass(frozen=True, slots=True)
class Figure:
    """One cap of a wallet, and what is used of it; None where there is no cap or no count."""

    limit: LimitKind
    cap: int | None
    used: int | None

    @property
    def left(self) -> int | None:
        """What one more act may be, at most; a cap that was lowered below its use leaves 0."""
        return None if self.cap is None else max(0, self.cap - (self.used or 0))


def fits(use: Use, caps: Caps, act: SpendAct, minor: int) -> bool:
    """Whether a wallet may do this: the one question of the hot path."""
    if use.status is not _ACTIVE:
        return False
    if act is _CARD:
        return use.dynamic_cards_day_used + minor <= caps.dynamic_code_cards_day
    if act is _STATIC_CARD:
        return use.static_cards_day_used + minor <= caps.static_code_cards_day
    return (
        minor <= caps.per_payment
        and use.day_used + minor <= caps.day
        and use.year_used + minor <= caps.year
        and (act is not _DYNAMIC or use.dynamic_day_used + minor <= caps.dynamic_code_day)
        and (act is not _STATIC or use.static_day_used + minor <= caps.static_code_day)
    )


def refuses_spend(
    use: Use, block: LimitBlock, act: SpendAct, minor: int, period: Period
) -> Refusal | None:
    """Why a wallet may not do this, or None. Of several broken limits, names the tightest."""
    caps = block.classes[use.wallet_class]
    if fits(use, caps, act, minor):
        return None
    if use.status is WalletStatus.FROZEN:
        return WalletFrozen()
    if use.status is WalletStatus.CLOSED:
        return WalletClosed()
    broken = [
        figure
        for figure in spend_figures(use, caps, act)
        if figure.left is not None and figure.left < minor
    ]
    tightest = min(broken, key=lambda figure: figure.left or 0)
    return _limit_exceeded(use.wallet_class, block, tightest, minor, period)


def spend_figures(use: Use, caps: Caps, act: SpendAct) -> list[Figure]:
    """The caps that an act counts against."""
    if act is _CARD:
        return [
            Figure(
                LimitKind.DYNAMIC_CODE_CARDS_DAY,
                _cap(caps.dynamic_code_cards_day),
                use.dynamic_cards_day_used,
            )
        ]
    if act is _STATIC_CARD:
        return [
            Figure(
                LimitKind.STATIC_CODE_CARDS_DAY,
                _cap(caps.static_code_cards_day),
                use.static_cards_day_used,
            )
        ]
    figures = [
        Figure(LimitKind.PER_PAYMENT, _cap(caps.per_payment), None),
        Figure(LimitKind.DAY, _cap(caps.day), use.day_used),
        Figure(LimitKind.YEAR, _cap(caps.year), use.year_used),
    ]
    if act is _DYNAMIC:
        figures.append(
            Figure(LimitKind.DYNAMIC_CODE_DAY, _cap(caps.dynamic_code_day), use.dynamic_day_used)
        )
    if act is _STATIC:
        figures.append(
            Figure(LimitKind.STATIC_CODE_DAY, _cap(caps.static_code_day), use.static_day_used)
        )
    return figures


def all_figures(use: Use, caps: Caps, balance_minor: int) -> list[Figure]:
    """Every cap of a wallet with its use, for the screen of limits."""
    return [
        *spend_figures(use, caps, SpendAct.TRANSFER),
        Figure(LimitKind.BALANCE, _cap(caps.balance), balance_minor + use.credit_reserved),
        *spend_figures(use, caps, SpendAct.PAYMENT)[-1:],
        *spend_figures(use, caps, SpendAct.CARD_PAYMENT),
        *spend_figures(use, caps, SpendAct.STATIC_PAYMENT)[-1:],
        *spend_figures(use, caps, SpendAct.STATIC_CARD_PAYMENT),
    ]


def refuses_credit(
    use: Use, block: LimitBlock, minor: int, balance_minor: int, *, for_payer: bool
) -> Refusal | None:
    """Why a wallet may not receive this, or None. Frozen wallets receive.

    Told to a payer, the refusal says nothing of the payee's balance or class.
    """
    caps = block.classes[use.wallet_class]
    closed = use.status is WalletStatus.CLOSED
    held = balance_minor + use.credit_reserved
    if not closed and held + minor <= caps.balance:
        return None
    if for_payer:
        return PayeeCannotReceive()
    if closed:
        return WalletClosed()
    to_class, how = raised_by(use.wallet_class, LimitKind.BALANCE, block)
    return BalanceCapExceeded(
        limit=LimitKind.BALANCE.value,
        asked=Money(minor, CNY),
        cap=Money(caps.balance, CNY),
        used=Money(held, CNY),
        left=Money(max(0, caps.balance - held), CNY),
        resets_at=None,
        raise_to_class=to_class,
        how=how,
    )


def raised_by(
    wallet_class: WalletClass, limit: LimitKind, block: LimitBlock
) -> tuple[int | None, str | None]:
    """The next better class and the way there, if this limit is wider in any better class."""
    own = cap_of(block.classes[wallet_class], limit)
    wider = any(
        cap_of(caps, limit) > own for better, caps in block.classes.items() if better < wallet_class
    )
    if not wider:
        return None, None
    to_class, how = RAISES[wallet_class]
    return to_class.value, how.value


def cap_of(caps: Caps, limit: LimitKind) -> int:
    """One cap by its name, `NO_CAP` where there is none."""
    cap: int = getattr(caps, limit.value)
    return cap


def resets_at(limit: LimitKind, period: Period) -> datetime | None:
    """When a limit's use begins anew; None where it has no period."""
    if limit in _DAILY:
        return period.day_ends
    return period.year_ends if limit is LimitKind.YEAR else None


def _limit_exceeded(
    wallet_class: WalletClass, block: LimitBlock, figure: Figure, minor: int, period: Period
) -> LimitExceeded:
    assert figure.cap is not None
    assert figure.left is not None
    to_class, how = raised_by(wallet_class, figure.limit, block)
    return LimitExceeded(
        limit=figure.limit.value,
        asked=Money(minor, CNY),
        cap=Money(figure.cap, CNY),
        used=None if figure.used is None else Money(figure.used, CNY),
        left=Money(figure.left, CNY),
        resets_at=resets_at(figure.limit, period),
        raise_to_class=to_class,
        how=how,
    )


def _cap(minor: int) -> int | None:
    return None if minor == NO_CAP else minor
