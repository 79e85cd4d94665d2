"""The process dies between any two steps: afterwards both banks' books agree, and nothing twice."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from fastapi import FastAPI

from factories.cards import make_due
from factories.identity import Browser
from factories.wallets_with_cards import Bank, balances, top_up, withdraw
from tael import rails
from tael.codecs.iso8583_messages import (
    FinancialRequest,
    FinancialResponse,
    Inquiry,
    InquiryResponse,
    Reversal,
    ReversalResponse,
)
from tael.http.services import Services
from tael.sandbox.world.modes import Mode, ModeKind, Traffic, When

Message = TypeVar("Message")
Reply = TypeVar("Reply")


class Killed(Exception):
    """The process is gone."""


class DyingSwitch:
    """The real switch, in a process that dies at one point of one kind of call."""

    def __init__(self, real: rails.CardSwitch, call: str, moment: str) -> None:
        self._real = real
        self._point = (call, moment)

    @property
    def timeout_s(self) -> float:
        """As the real one."""
        return self._real.timeout_s

    async def pay(self, request: FinancialRequest) -> FinancialResponse:
        """Die before the request leaves, or after its answer came."""
        return await self._around("pay", self._real.pay, request)

    async def undo(self, reversal: Reversal) -> ReversalResponse:
        """The same for a reversal."""
        return await self._around("undo", self._real.undo, reversal)

    async def inquire(self, inquiry: Inquiry) -> InquiryResponse:
        """The same for a question."""
        return await self._around("inquire", self._real.inquire, inquiry)

    async def _around(
        self, call: str, act: Callable[[Message], Awaitable[Reply]], message: Message
    ) -> Reply:
        if self._point == (call, "before"):
            raise Killed
        reply = await act(message)
        if self._point == (call, "after"):
            raise Killed
        return reply


@pytest.fixture
async def filled(wang: Browser, debit: str) -> Browser:
    """Wang with 1,000 yuan in the wallet."""
    assert (await top_up(wang, debit, 100_000)).json()["state"] == "succeeded"
    return wang


MOVES = {"top_up": (top_up, 5_000), "withdrawal": (withdraw, -5_000)}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", MOVES)
async def test_killed_around_the_request(
    app: FastAPI, filled: Browser, debit: str, bank: Bank, kind: str, moment: str
) -> None:
    move, effect = MOVES[kind]
    app.state.services = dying(bank.services, "pay", moment)
    assert (await move(filled, debit, 5_000)).status_code == 500
    app.state.services, sealer = bank.services, bank.services.sealer
    # While the dead process's lease runs, every resolver leaves its operation alone.
    lease = await bank.owner.fetchval(
        "UPDATE rails_operations SET due_at = now() + (due_at - began_at) WHERE state = 'sent'"
        " RETURNING due_at - now()"
    )
    assert lease > timedelta(seconds=bank.services.switch.timeout_s)
    assert await rails.resolve(bank.database, bank.services.switch, sealer=sealer) == 0

    await bank.finish_everything()

    # A top-up that never left is given up; a withdrawal is asked for again.
    done = moment == "after" or kind == "withdrawal"
    balance = 100_000 + (effect if done else 0)
    assert await balances(filled) == (balance, balance)


@pytest.mark.parametrize("kind", MOVES)
async def test_killed_between_the_intent_and_the_sending(
    app: FastAPI,
    filled: Browser,
    debit: str,
    bank: Bank,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    move, _ = MOVES[kind]

    async def die(*_arguments: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("tael.transfers.card_transfers.rails.perform", die)
        assert (await move(filled, debit, 5_000)).status_code == 500
    await bank.finish_everything()
    states = await bank.owner.fetch("SELECT state, response_code FROM transfers_card_transfers")
    assert ("declined", "not_sent") in [tuple(row) for row in states]
    assert await balances(filled) == (100_000, 100_000)


@pytest.mark.parametrize("kind", MOVES)
async def test_killed_between_the_answer_and_the_books(
    filled: Browser, debit: str, bank: Bank, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    move, effect = MOVES[kind]

    async def die(*_arguments: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("tael.transfers.card_transfers.finish_card_transfer", die)
        assert (await move(filled, debit, 5_000)).status_code == 500
    assert await bank.owner.fetchval(
        "SELECT count(*) FROM transfers_card_transfers WHERE state = 'pending'"
    )
    await bank.deliver()
    balance = 100_000 + effect
    assert await balances(filled) == (balance, balance)
    await bank.deliver()
    assert await balances(filled) == (balance, balance)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["inquire", "undo"])
async def test_the_resolver_is_killed_too(
    filled: Browser, debit: str, bank: Bank, call: str, moment: str
) -> None:
    # The answer is lost, and so is that to the first questions: it comes to a reversal.
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT))
    lost = 0 if call == "inquire" else 10
    if lost:
        bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT, traffic=Traffic.INQUIRY, count=lost))
    pending = (await top_up(filled, debit, 5_000)).json()
    dying_switch = DyingSwitch(bank.services.switch, call, moment)
    deaths = 0
    while not deaths:
        await make_due(bank.owner)
        try:
            await rails.resolve(bank.database, dying_switch, sealer=bank.services.sealer)
        except Killed:
            deaths += 1

    await bank.finish_everything()

    end = "succeeded" if call == "inquire" else "reversed"
    assert (await filled.get(f"/top-ups/{pending['id']}")).json()["state"] == end
    balance = 105_000 if end == "succeeded" else 100_000
    assert await balances(filled) == (balance, balance)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_the_resolver_is_killed_while_it_asks_for_a_withdrawal_again(
    filled: Browser, debit: str, bank: Bank, moment: str
) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE))
    await withdraw(filled, debit, 5_000)
    dying_switch = DyingSwitch(bank.services.switch, "pay", moment)
    await make_due(bank.owner)
    with pytest.raises(Killed):
        await rails.resolve(bank.database, dying_switch, sealer=bank.services.sealer)
    assert await balances(filled) == (100_000, 95_000)
    await bank.finish_everything()
    assert await balances(filled) == (95_000, 95_000)
    assert bank.world.books.totals()["given"] == 5_000


async def test_two_resolvers_at_once_take_each_operation_once(
    filled: Browser, debit: str, bank: Bank
) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT, count=3))
    for minor in (100, 200, 300):
        await top_up(filled, debit, minor)
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT, traffic=Traffic.INQUIRY, count=None))
    services = bank.services
    for _ in range(6):
        await make_due(bank.owner)
        await rails.resolve(bank.database, services.switch, sealer=services.sealer)
        await rails.resolve(bank.database, services.switch, sealer=services.sealer)
    await bank.finish_everything()
    assert bank.world.books.totals()["reversals"] == 3
    assert await balances(filled) == (100_000, 100_000)


async def test_the_same_key_after_a_crash_finds_what_was_begun(
    app: FastAPI, filled: Browser, debit: str, bank: Bank
) -> None:
    amount = {"value": 5_000, "currency": "CNY"}
    authorisation = await filled.authorised(purpose="top_up", payee=debit, amount=amount)
    body = {"card": debit, "amount": amount, "authorisation": authorisation}
    app.state.services = dying(bank.services, "pay", "after")
    assert (await filled.post("/top-ups", body, key="the-one-key")).status_code == 500
    app.state.services = bank.services
    again = await filled.post("/top-ups", body, key="the-one-key")
    assert (again.status_code, again.json()["state"]) == (201, "pending")
    await bank.finish_everything()
    after = (await filled.get(f"/top-ups/{again.json()['id']}")).json()
    assert after["state"] == "succeeded"
    assert await balances(filled) == (105_000, 105_000)


def dying(services: Services, call: str, moment: str) -> Services:
    """The same process, about to die."""
    return replace(services, switch=DyingSwitch(services.switch, call, moment))
