"""`tael demo`: the main job, over HTTP, step by step, with the books at the end."""

import asyncio
import json
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tael import auditor
from tael.cli import deployment
from tael.cli.deployment import Running
from tael.cli.journey import Json, Person, Refused, money
from tael.cli.up import running
from tael.kernel.database import AUDITOR_ROLE, Database

FREE_PORT_TRIES: Final = 20

_PIN: Final = "482915"
_NAMES: Final = "赵钱孙周吴郑冯褚卫蒋沈韩杨朱秦许何吕施孔曹严华金魏陶姜"


@dataclass(slots=True)
class _Story:
    """What happened, in order."""

    steps: list[dict[str, Any]] = field(default_factory=list)

    async def step(self, name: str, act: Callable[[], Awaitable[Json]]) -> Json:
        """Do a step, note what it told and how long it took."""
        began = time.perf_counter()
        outcome = await act()
        took = round((time.perf_counter() - began) * 1000, 1)
        self.steps.append({"step": name, "ms": took, "outcome": outcome})
        return outcome


def demo(*, json_: bool = False, state_dir: Path = deployment.STATE_DIR, port: int = 0) -> None:
    """Open a wallet, bind a card, fill it, pay, get some back, send money; then check the books.

    Runs against the sandbox that is up on this state directory, or brings one up for as long
    as it takes. Exit 1 if a step fails or the books do not balance.

    Parameters
    ----------
    json_
        Print one JSON document instead of a table.
    state_dir
        The sandbox's state directory.
    port
        Where to serve when none is up; 0 takes a free port.
    """
    report = asyncio.run(_demo(state_dir.resolve(), port))
    if json_:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        _show(report)
    sys.exit(0 if report["ok"] else 1)


async def _demo(state_dir: Path, port: int) -> dict[str, Any]:
    async with _bank(state_dir, port) as bank:
        story = _Story()
        fault = None
        try:
            await _tell(bank.url, story)
        except (Refused, TimeoutError) as failed:
            fault = str(failed)
        async with deployment.settings(state_dir) as settings:
            database = await Database.open(settings.database_url, role=AUDITOR_ROLE)
            try:
                async with database.snapshot() as session:
                    findings = await auditor.check(session)
            finally:
                await database.close()
        books = findings.as_json()
        return {
            "ok": fault is None and books["ok"],
            "fault": fault,
            "steps": story.steps,
            "books": books,
        }


@asynccontextmanager
async def _bank(state_dir: Path, port: int) -> AsyncIterator[Running]:
    """The sandbox that is up, or one of our own for the while."""
    up = Running.load(state_dir)
    if up is not None:
        yield up
        return
    async with running(port or _free_port(), state_dir) as (bank, _):
        yield bank


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


async def _tell(url: str, story: _Story) -> None:
    phone = f"139{secrets.randbelow(10**8):08d}"
    friend_phone = f"137{secrets.randbelow(10**8):08d}"
    async with Person(url, phone, _PIN) as me, Person(url, friend_phone, _PIN) as friend:
        await story.step("verify the phone", me.verify_phone)
        await story.step("open a class 4 wallet", me.open_wallet)
        card = await story.step("a bank issues a card", lambda: _issue_card(me))
        await story.step(
            "prove the identity: class 3",
            lambda: me.prove_identity(card["name"], card["id_number"]),
        )
        bound = await story.step("bind the card: class 2", lambda: me.bind_card(card))
        await story.step(
            "top up ¥500.00 through the card switch",
            lambda: me.top_up(bound["card"]["card"], 500_00),
        )
        shop = (await me.get("/sandbox/shops"))["shops"][0]
        order = await story.step(
            "the shop makes an order and its code",
            lambda: me.post(
                f"/sandbox/shops/{shop['store']}/orders",
                {"amount": money(32_50), "description": "牛肉面 Beef noodles"},
            ),
        )
        await story.step("scan and pay the order", lambda: me.pay(order["payload"]))
        await story.step(
            "the shop sees it paid", lambda: me.get(f"/sandbox/orders/{order['order']}")
        )
        await story.step("pay the printed code ¥8.80", lambda: me.pay(shop["static_payload"], 8_80))
        await _after_sale(story, me, shop)
        await friend.verify_phone()
        await friend.open_wallet()
        await story.step(
            "send ¥66.66 to a friend", lambda: me.transfer(friend_phone, 66_66, "生日快乐")
        )
        await story.step("the history", lambda: me.get("/history"))
        await story.step("the wallet", lambda: me.get("/wallet"))


async def _after_sale(story: _Story, me: Person, shop: Json) -> None:
    """The shop gives back a part of what was paid, and takes a part of a deposit."""
    orders, till = f"/sandbox/shops/{shop['store']}/orders", "/sandbox/payments"
    paid = (await me.get(f"/sandbox/shops/{shop['store']}/payments"))["payments"][0]
    await story.step(
        "the shop gives ¥3.80 back",
        lambda: me.post(
            f"{till}/{paid['payment']}/refunds", {"amount": money(3_80), "reason": "少了一份"}
        ),
    )
    deposit = await me.post(
        orders, {"amount": money(50_00), "description": "押金 Deposit", "capture": "manual"}
    )
    held = await story.step("hold a deposit of ¥50.00", lambda: me.pay(deposit["payload"]))
    await story.step(
        "the shop takes ¥12.00 of it; the rest is free",
        lambda: me.post(
            f"{till}/{held['payment']}/captures", {"amount": money(12_00), "final": True}
        ),
    )


async def _issue_card(person: Person) -> Json:
    """Have a bank of the sandbox issue a debit card to an invented person."""
    return await person.post("/sandbox/cards", {"phone": person.phone, "kind": "debit"})


def _show(report: dict[str, Any]) -> None:
    console = Console()
    table = Table(box=None, padding=(0, 2))
    table.add_column("step")
    table.add_column("ms", justify="right")
    for step in report["steps"]:
        table.add_row(step["step"], f"{step['ms']:,.1f}")
    console.print(table)
    if report["fault"]:
        console.print(f"[red]failed: {report['fault']}[/]")
    balanced = "[green]The books balance.[/]" if report["books"]["ok"] else "[red]They do not.[/]"
    console.print(balanced)
