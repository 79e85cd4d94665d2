"""The world as a process of its own: ready on loopback, told what to do over HTTP, gone with us."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tael.codecs.framing import Deframer, frame
from tael.codecs.iso8583_messages import (
    Message,
    MessageKey,
    NetworkFunction,
    NetworkRequest,
    NetworkResponse,
    decode,
    encode,
)
from tael.sandbox.world import World, running_world

ECHO = NetworkRequest(
    key=MessageKey("000000", "0310120000", "99900001"), function=NetworkFunction.ECHO
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def ask(port: int, octets: bytes) -> list[Message]:
    """Send octets to the switch, and read until it hangs up or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(octets)
    deframer, messages = Deframer(), []
    try:
        while chunk := await asyncio.wait_for(reader.read(4096), 0.3):
            messages += [decode(raw) for raw in deframer.feed(chunk)]
    except TimeoutError:
        pass
    finally:
        writer.close()
    return messages


async def test_the_process_says_when_it_is_ready_and_ends_with_its_parent(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tael.sandbox.world", "--dir", str(tmp_path), "--while-stdin"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    assert ready["ready"] is True
    [echo] = await ask(ready["switch_port"], frame(encode(ECHO)))
    assert isinstance(echo, NetworkResponse)
    async with httpx.AsyncClient(trust_env=False) as client:
        books = await client.get(f"http://127.0.0.1:{ready['http_port']}/books")
    assert books.json()["owed"] == 0
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_an_echo_cut_anywhere_is_answered(world: World) -> None:
    octets = frame(encode(ECHO))
    reader, writer = await asyncio.open_connection("127.0.0.1", world.switch_port)
    for octet in octets:
        writer.write(bytes([octet]))
        await writer.drain()
    assert await asyncio.wait_for(reader.read(4096), 5)
    writer.close()


@pytest.mark.parametrize("octets", [b"\x00\x00", b"\xff\xff", frame(b"0200nonsense")])
async def test_what_cannot_be_read_ends_the_connection_and_nothing_else(
    world: World, octets: bytes
) -> None:
    assert await ask(world.switch_port, octets) == []
    assert len(await ask(world.switch_port, frame(encode(ECHO)))) == 1


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"mode": "explode"},
        {"mode": "delay", "count": 0},
        {"mode": "delay", "count": 1.5},
        {"mode": "decline", "code": "zz"},
        {"mode": "delay", "seconds": "long"},
    ],
)
async def test_a_senseless_order_is_refused(world: World, order: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as client:
        assert (await client.post("/control", json=order)).status_code == 422
        assert (await client.get("/control")).json() == {"standing": []}


async def test_orders_stand_until_they_are_used_up_or_withdrawn(world: World) -> None:
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as client:
        await client.post("/control", json={"mode": "decline", "card": "1234", "count": None})
        standing = (await client.post("/control", json={"mode": "drop"})).json()["standing"]
        assert [order["mode"] for order in standing] == ["decline", "drop"]
        await client.post("/control", json={"mode": "approve", "card": "1234"})
        standing = (await client.get("/control")).json()["standing"]
        assert [order["mode"] for order in standing] == ["drop"]
        await client.post("/control", json={"mode": "approve"})
        assert (await client.get("/control")).json() == {"standing": []}


async def test_a_card_can_be_issued_to_anybody(world: World) -> None:
    holder = {"name": "赵六", "id_number": "110101199003074514", "phone": "13812345678"}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as client:
        made = await client.post("/cards", json={**holder, "kind": "credit", "balance": 100})
        assert made.status_code == 201
        cards = (await client.get("/cards")).json()["cards"]
        wrong = await client.post("/cards", json={**holder, "bank": "nobody"})
    assert cards[-1]["number"] == made.json()["number"]
    assert cards[-1]["name"] == "赵六"
    assert wrong.status_code == 422
