"""The people of the sandbox: customers, whose wallets are opened over HTTP, and bank staff."""

from dataclasses import dataclass
from typing import Final

from tael import identity, staff
from tael.cli.journey import Json, Person
from tael.cli.staff import OPERATOR, with_database
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.database import WriteSession
from tael.kernel.settings import Settings


@dataclass(frozen=True, slots=True)
class Seeded:
    """Somebody whose log-in is printed. The names and cards are those the sandbox's banks know."""

    phone: str
    pin: str
    name: str
    wallet_class: int
    balance_minor: int

    @property
    def who(self) -> str:
        """One line on who this is and what the wallet can do."""
        yuan = f"¥{self.balance_minor // 100:,}.{self.balance_minor % 100:02d}"
        return f"{self.name}, class {self.wallet_class}, {yuan} to begin with"


PEOPLE: Final = (
    Seeded("13800001234", "258036", "王小明", 2, 138_620),
    Seeded("13800002345", "730518", "李雷", 2, 52_000),
    Seeded("13800003456", "916047", "韩梅梅", 3, 0),
    Seeded("13800004567", "504927", "张伟", 4, 0),
)


async def seed(url: str) -> None:
    """Open the wallets that are missing; those that stand stay as they are."""
    for who in PEOPLE:
        async with Person(url, who.phone, who.pin) as person:
            session = await person.verify_phone()
            if not session["registered"]:
                await _settle_in(person, who)


async def _settle_in(person: Person, who: Seeded) -> None:
    await person.open_wallet()
    if who.wallet_class == 4:  # noqa: PLR2004 - class 4 needs the phone alone
        return
    cards = [c for c in (await person.get("/sandbox/cards"))["cards"] if c["phone"] == who.phone]
    debit = _debit_card(cards)
    await person.prove_identity(debit["name"], debit["id_number"])
    if who.wallet_class == 2:  # noqa: PLR2004 - class 2 has an own-name card bound
        bound = await person.bind_card(debit)
        await person.top_up(bound["card"]["card"], who.balance_minor)


def _debit_card(cards: list[Json]) -> Json:
    return next(card for card in cards if card["kind"] == "debit")


@dataclass(frozen=True, slots=True)
class SeededStaff:
    """Somebody of the sandbox's bank, whose log-in for the console is printed."""

    login: str
    password: str
    name: str
    role: staff.Role


STAFF: Final = (
    SeededStaff("clerk", "silver boats at noon 18", "陈静", staff.Role.CLERK),
    SeededStaff("checker", "two lamps by the river 27", "刘洋", staff.Role.CHECKER),
    SeededStaff("auditor", "quiet hills after rain 36", "赵敏", staff.Role.AUDITOR),
)
"""Only a sandbox has these: a production bank has nobody until somebody is added."""


async def seed_staff(settings: Settings) -> None:
    """Let in whoever of them is missing; those who are there keep their passwords."""
    assert settings.sandbox, "printed passwords are for a sandbox only"

    async def act(session: WriteSession, hasher: identity.PinHasher) -> None:
        present = {who.login for who in await staff.colleagues(session)}
        for who in STAFF:
            if who.login not in present:
                await _let_in(session, hasher, who)

    await with_database(settings, act)


async def _let_in(session: WriteSession, hasher: identity.PinHasher, who: SeededStaff) -> None:
    staff_id = staff.StaffId(ids.new_id())
    hashed = await staff.choose_password(
        hasher, staff_id, who.password, login=who.login, name=who.name
    )
    new = staff.NewColleague(
        staff_id=staff_id,
        login=who.login,
        name=who.name,
        roles=frozenset({who.role}),
        password=hashed,
        change_due=False,
    )
    await staff.add_colleague(session, new, OPERATOR, now=machine_now())
