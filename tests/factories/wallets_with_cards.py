"""Fixtures and steps for tests in which customers have cards of a world that runs beside them.

A test folder's conftest imports the fixtures by name. Every test that uses them ends with the
other bank's books compared with ours (`reconciled`).
"""

import base64
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from factories.cards import owed, resolved
from factories.identity import Browser
from tael import instruments, payments, transfers
from tael.http.services import Services
from tael.jobs import relay
from tael.kernel.database import Database
from tael.kernel.outbox import Subscriber
from tael.kernel.settings import Settings
from tael.sandbox.world import World, running_world
from tael.sandbox.world.people import WANG, CardKind, Person

TIMEOUT_S = 0.5
PORTRAIT = base64.b64encode(b"\xff\xd8\xff\xe0" + b"face").decode()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An outside world of this test's own."""
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
def settings(settings: Settings, world: World) -> Settings:
    """Settings that lead to this world."""
    return settings.model_copy(
        update={
            "world_url": world.url,
            "proofing_url": f"{world.url}/proofing/checks",
            "card_verification_url": world.url,
            "switch_address": world.switch_address,
            "switch_timeout_s": TIMEOUT_S,
        }
    )


@pytest.fixture
def services(app: FastAPI) -> Services:
    """What the app's handlers share."""
    found: Services = app.state.services
    return found


@pytest.fixture
async def bank(
    services: Services, world: World, database: Database, owner: asyncpg.Connection
) -> AsyncIterator["Bank"]:
    """Both banks. When the test ends, nothing is open and their books agree."""
    both = Bank(services, world, database, owner)
    yield both
    await both.finish_everything()
    await both.assert_books_agree()


class Bank:
    """Our bank and the other one, as a test looks at them from above."""

    def __init__(
        self, services: Services, world: World, database: Database, owner: asyncpg.Connection
    ) -> None:
        self.services = services
        self.world = world
        self.database = database
        self.owner = owner

    async def deliver(self) -> None:
        """Let the worker hand out every event that was recorded."""
        await relay.sequence(self.database)
        followers: tuple[Subscriber, ...] = (
            *transfers.SUBSCRIBERS,
            *payments.SUBSCRIBERS,
            *instruments.subscribers(self.services.sealer),
        )
        for _ in range(2):
            for subscriber in followers:
                await relay.register(self.database, subscriber)
                while await relay.deliver(self.database, subscriber):
                    pass
            await relay.sequence(self.database)

    async def finish_everything(self) -> None:
        """Run the worker until nothing is open."""
        await resolved(
            self.database, self.services.switch, self.services.sealer, self.owner, rounds=20
        )
        await self.deliver()

    async def clearing(self) -> int:
        """What the other bank owes us, by our books, in fen."""
        balance: int = await self.owner.fetchval(
            "SELECT balance FROM ledger_accounts WHERE number = 1100 AND currency = 'CNY'"
        )
        return -balance

    async def assert_books_agree(self) -> None:
        """To the last fen, with nothing open, held or reserved, and our own books sum to zero."""
        assert await self.clearing() == owed(self.world)
        rest = await self.owner.fetchrow(
            """
            SELECT
                (SELECT sum(balance) FROM ledger_accounts WHERE currency = 'CNY') AS total,
                (SELECT sum(held) FROM ledger_accounts) AS held,
                (SELECT coalesce(sum(credit_reserved_minor), 0) FROM customers_wallets) AS reserved,
                (SELECT count(*) FROM transfers_card_transfers WHERE state = 'pending') AS pending,
                (SELECT count(*) FROM kernel_outbox_dead_letters) AS dead
            """
        )
        assert rest is not None
        assert dict(rest) == {"total": 0, "held": 0, "reserved": 0, "pending": 0, "dead": 0}


def bank_code(world: World, phone: str) -> str:
    """The code in the newest text that a bank sent to a phone."""
    found = re.search(r"\d{6}", str(world.inbox.messages(phone)[0]["text"]))
    assert found, "the newest message holds a code"
    return found.group()


def elements(number: str, holder: Person) -> dict[str, str]:
    """What a person types to bind a card."""
    return {
        "number": number,
        "name": holder.name,
        "id_number": holder.id_number,
        "phone": holder.phone,
    }


async def bind(browser: Browser, world: World, number: str, holder: Person) -> dict[str, Any]:
    """Bind a card through the front door; the card."""
    begun = await browser.post("/cards/bindings", elements(number, holder))
    assert begun.status_code == 202, begun.text
    binding = begun.json()["binding"]
    code = bank_code(world, holder.phone)
    done = await browser.post(f"/cards/bindings/{binding}/confirm", {"code": code})
    assert done.status_code == 201, done.text
    card: dict[str, Any] = done.json()["card"]
    return card


async def prove(browser: Browser, holder: Person) -> None:
    """Raise a wallet to class 3."""
    body = {"name": holder.name, "id_number": holder.id_number, "portrait": PORTRAIT}
    reply = await browser.post("/upgrades/identity", body)
    assert reply.status_code == 200, reply.text


async def move(
    browser: Browser,
    purpose: str,
    card: str,
    minor: int,
    *,
    key: str | None = None,
) -> httpx.Response:
    """Top up or withdraw through the front door, the PIN included."""
    amount = {"value": minor, "currency": "CNY"}
    authorisation = await browser.authorised(purpose=purpose, payee=card, amount=amount)
    path = {"top_up": "/top-ups", "withdrawal": "/withdrawals"}[purpose]
    body = {"card": card, "amount": amount, "authorisation": authorisation}
    return await browser.post(path, body, key=key)


async def top_up(browser: Browser, card: str, minor: int) -> httpx.Response:
    """Fill the wallet."""
    return await move(browser, "top_up", card, minor)


async def withdraw(browser: Browser, card: str, minor: int) -> httpx.Response:
    """Empty it again."""
    return await move(browser, "withdrawal", card, minor)


async def balances(browser: Browser) -> tuple[int, int]:
    """What is in the wallet, and what of it can be spent, in fen."""
    wallet = (await browser.get("/wallet")).json()
    return wallet["balance"]["value"], wallet["available"]["value"]


@pytest.fixture
async def wang(browsers: Callable[..., Browser], bank: Bank) -> Browser:
    """Wang, whose identity is proven: class 3."""
    browser = await browsers(WANG.phone).sign_up()
    await prove(browser, WANG)
    return browser


@pytest.fixture
def debit_number(world: World) -> str:
    """Wang's debit card with 20,000 yuan on it."""
    return world.books.issue(WANG, "demo", CardKind.DEBIT, 2_000_000)


@pytest.fixture
async def debit(wang: Browser, world: World, debit_number: str) -> str:
    """Wang's debit card, bound; his wallet is class 2 with it."""
    card = await bind(wang, world, debit_number, WANG)
    return str(card["card"])
