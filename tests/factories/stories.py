"""Money stories in the ledger's notation: read, told one event at a time, told in sets.

One event a line, its outcome last; a blank line or `#` says nothing:

    account  alice   CNY  floor 0
    account  world   CNY  unbounded
    post     world -> alice   10.00              ok
    post     alice -> shop 5.00, alice -> fee 0.10   ok as p1
    reverse  p1                                  ok
    hold     alice -> shop     6.00              ok as h1
    hold     alice -> shop     6.00  for 60s     ok as h2
    capture  h1                4.00              ok
    capture  h1                1.00  final       ok
    void     h2                                  ledger.hold_not_open
    wait     60s
    expect   alice 6.00 held 0.00
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from factories import ledger as f
from tael import ledger
from tael.kernel import ids
from tael.kernel.database import Database
from tael.kernel.money import CNY, CURRENCIES, Currency, Money
from tael.kernel.refusals import Refusal
from tael.ledger import AccountNumber, Book, HoldId, Movement, MovementId, Posting

OWN = {"CNY": [ledger.CARD_CLEARING, ledger.FEES, ledger.SUSPENSE], "PTS": [ledger.POINTS_ISSUED]}
HOLD_LIFE_S = 600

_LEG = r"(\w+) -> (\w+)\s+([\d.]+)"
_LINES = {
    "account": re.compile(r"account\s+(\w+)\s+([A-Z]{3})\s+(floor 0|unbounded)"),
    "post": re.compile(rf"post\s+({_LEG}(?:\s*,\s*{_LEG})*)\s+(?:ok as (\w+)|(ok|[a-z_.]+))"),
    "reverse": re.compile(r"reverse\s+(\w+)\s+(?:ok as (\w+)|(ok|[a-z_.]+))"),
    "hold": re.compile(rf"hold\s+{_LEG}(?:\s+for (\d+)s)?\s+(?:ok as (\w+)|([a-z_.]+))"),
    "capture": re.compile(r"capture\s+(\w+)(?:\s+([\d.]+))?(\s+final)?\s+(ok|[a-z_]+\.[a-z_]+)"),
    "void": re.compile(r"void\s+(\w+)\s+(ok|[a-z_.]+)"),
    "close": re.compile(r"close\s+(\w+)\s+(ok|[a-z_.]+)"),
    "wait": re.compile(r"wait\s+(\d+)s"),
    "expect": re.compile(r"expect\s+(\w+)\s+(-?[\d.]+)\s+held\s+([\d.]+)"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story."""

    number: int
    verb: str
    parts: tuple[str | None, ...]

    @property
    def outcome(self) -> str:
        """What the story says comes of it."""
        if self.verb in {"hold", "post", "reverse"}:
            return "ok" if self.parts[-2] else str(self.parts[-1])
        return str(self.parts[-1])


@dataclass(frozen=True, slots=True)
class Story:
    """A story by its name."""

    name: str
    lines: tuple[Line, ...]


def read(path: Path) -> Story:
    """A story from its file; a line that is not understood is an error in the story."""
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        told = text.partition("#")[0].strip()
        if not told:
            continue
        verb = told.split()[0]
        matched = _LINES[verb].fullmatch(told)
        assert matched, f"{path.name}:{number}: {told}"
        lines.append(Line(number, verb, matched.groups()))
    return Story(path.stem, tuple(lines))


@dataclass
class Teller:
    """Tells a story to the ledger; `batch` decides together what stands together."""

    database: Database
    batch: bool
    now: datetime = f.NOON
    accounts: dict[str, tuple[AccountNumber, Currency]] = field(default_factory=dict)
    holds: dict[str, tuple[HoldId, str, str]] = field(default_factory=dict)
    pending: list[Line] = field(default_factory=list)
    own_used: dict[str, int] = field(default_factory=dict)
    told_holds: list[Line] = field(default_factory=list)
    posted: dict[str, tuple[Movement, Currency]] = field(default_factory=dict)
    undone: dict[MovementId, MovementId] = field(default_factory=dict)

    async def tell(self, story: Story) -> None:
        """Every line in order; raises `AssertionError` where it comes out otherwise."""
        for line in story.lines:
            if line.verb in {"post", "hold", "capture", "void", "reverse"}:
                self.pending.append(line)
                if line.verb == "hold" and line.parts[4]:
                    self.told_holds.append(line)
                if not self.batch:
                    await self._decide()
                continue
            await self._decide()
            await getattr(self, f"_{line.verb}")(line)
        await self._decide()

    async def _decide(self) -> None:
        lines, self.pending = self.pending, []
        for currency in CURRENCIES.values():
            told = [line for line in lines if self._currency_of(line) == currency]
            if told:
                await self._settle(told, currency)

    async def _settle(self, lines: list[Line], currency: Currency) -> None:
        numbers = [n for n, own in self.accounts.values() if own == currency]
        known = [hold_id for hold_id, _, _ in self.holds.values()]
        async with self.database.write() as session:
            book = await ledger.lock(session, numbers, now=self.now, currency=currency, holds=known)
            for line in lines:
                refusal = self._act(book, line)
                came = refusal.code if refusal else "ok"
                assert came == line.outcome, f"line {line.number}: {came}, not {line.outcome}"
            await ledger.write(session, book)

    def _act(self, book: Book, line: Line) -> Refusal | None:
        deeds: dict[str, Callable[[Book, Line], Refusal | None]] = {
            "post": self._post,
            "hold": self._hold,
            "capture": self._capture,
            "void": self._void,
            "reverse": self._reverse,
        }
        return deeds[line.verb](book, line)

    def _post(self, book: Book, line: Line) -> Refusal | None:
        postings = tuple(
            Posting(self._number(payer), self._number(payee), self._money(amount, book.currency))
            for payer, payee, amount in re.findall(_LEG, str(line.parts[0]))
        )
        # What passes through an account within the movement need not have been there before.
        spent: dict[AccountNumber, int] = {}
        for posting in postings:
            spent[posting.debit] = spent.get(posting.debit, 0) + posting.amount.minor
            spent[posting.credit] = spent.get(posting.credit, 0) - posting.amount.minor
        for number, minor in spent.items():
            refusal = book.refuses_debit(number, Money(minor, book.currency)) if minor > 0 else None
            if refusal:
                return refusal
        for posting in postings:
            refusal = book.refuses_credit(posting.credit)
            if refusal:
                return refusal
        movement = f.a_movement(*postings, at=self.now)
        book.post(movement)
        if line.parts[-2]:
            self.posted[str(line.parts[-2])] = (movement, book.currency)
        return None

    def _reverse(self, book: Book, line: Line) -> Refusal | None:
        name, made, _ = line.parts
        movement, currency = self.posted[str(name)]
        original = f.as_posted(
            movement, currency=currency, reversed_by=self.undone.get(movement.id)
        )
        try:
            opposite = book.reverse(original, MovementId(ids.new_id()), memo="")
        except Refusal as refusal:
            return refusal
        self.undone[movement.id] = opposite.id
        if made:
            self.posted[made] = (opposite, currency)
        return None

    def _hold(self, book: Book, line: Line) -> Refusal | None:
        payer, payee, amount, life, name, _ = (str(part) for part in line.parts)
        money = self._money(amount, book.currency)
        refusal = book.refuses_debit(self._number(payer), money)
        if refusal:
            return refusal
        made = f.a_hold_id()
        self.holds[name] = (made, payer, payee)
        book.hold(
            made,
            account=self._number(payer),
            to=self._number(payee),
            amount=money,
            expires_at=self.now + timedelta(seconds=HOLD_LIFE_S if life == "None" else int(life)),
            reference=ids.new_id(),
        )
        return None

    def _capture(self, book: Book, line: Line) -> Refusal | None:
        made, payer, payee = self.holds[str(line.parts[0])]
        part = line.parts[1]
        amount = self._money(part, book.currency) if part else None
        refusal = book.refuses_capture(made, amount)
        if refusal:
            return refusal
        rest = Money(book.holds[made].left, book.currency)
        taken = rest if amount is None else amount
        posting = Posting(self._number(payer), self._number(payee), taken)
        final = line.parts[2] is not None
        book.capture(made, amount, f.a_movement(posting, at=self.now), final=final)
        return None

    def _void(self, book: Book, line: Line) -> Refusal | None:
        made, _, _ = self.holds[str(line.parts[0])]
        try:
            book.void(made)
        except Refusal as refusal:
            return refusal
        return None

    async def _account(self, line: Line) -> None:
        name, code, floor = (str(part) for part in line.parts)
        if floor == "unbounded":
            used = self.own_used.get(code, 0)
            number = OWN[code][used]
            self.own_used[code] = used + 1
        else:
            number = await f.an_account(self.database, CURRENCIES[code])
        self.accounts[name] = (number, CURRENCIES[code])

    async def _close(self, line: Line) -> None:
        number, currency = self.accounts[str(line.parts[0])]
        came = "ok"
        try:
            async with self.database.write() as session:
                await ledger.close_account(session, number, now=self.now, currency=currency)
        except Refusal as refusal:
            came = refusal.code
        assert came == line.outcome, f"line {line.number}: {came}, not {line.outcome}"

    async def _wait(self, line: Line) -> None:
        self.now += timedelta(seconds=int(str(line.parts[0])))

    async def _expect(self, line: Line) -> None:
        name, amount, held = (str(part) for part in line.parts)
        number, currency = self.accounts[name]
        async with self.database.read() as session:
            found = await ledger.balance(session, number, now=self.now, currency=currency)
        told = (self._money(amount, currency), self._money(held, currency))
        assert (found.balance, found.held) == told, f"line {line.number}: {found}"

    def _currency_of(self, line: Line) -> Currency:
        match line.verb:
            case "post":
                name = str(line.parts[1])
            case "hold":
                name = str(line.parts[0])
            case "reverse":
                return self._undone_currency(str(line.parts[0]))
            case _:
                # The hold may be made in this very set.
                made = {str(told.parts[4]): str(told.parts[0]) for told in self.told_holds}
                name = made[str(line.parts[0])]
        return self.accounts[name][1]

    def _undone_currency(self, name: str) -> Currency:
        # The act, or its reversal, may stand in this very set: all stories undo money.
        known = self.posted.get(name)
        return known[1] if known else CNY

    def _number(self, name: str) -> AccountNumber:
        return self.accounts[name][0]

    @staticmethod
    def _money(text: str, currency: Currency) -> Money:
        whole, _, part = text.lstrip("-").partition(".")
        assert len(part) in {0, currency.exponent}, text
        minor = int(whole + (part or "0" * currency.exponent))
        return Money(-minor if text.startswith("-") else minor, currency)
