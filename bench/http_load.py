"""Payments a second over HTTP: authenticated, idempotent, limits checked, orders settled.

The API is a process of its own, as in production; 32 clients on connections of their own each
wait for a reply before they pay the next order. Orders and authorisations are there before:
what a PIN costs is measured apart.
"""

import asyncio
import base64
import os
import secrets
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson
from bench.machine import resident_mib

from tael import customers, identity, ledger, merchants, payments
from tael.identity.sessions import start_session
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money
from tael.kernel.sealed import Sealer
from tael.kernel.settings import Settings

CLIENTS = 32
WARM_UP_S = 1.0
RATE_MAX = 2_500
"""No faster than this can the orders last."""
START_TRIES = 1_000
FUNDS = Money(50_000_00, CNY)
AMOUNT = Money(1, CNY)


@dataclass(frozen=True, slots=True)
class Paid:
    """What the clients saw, and what the API's process weighed after it."""

    a_second: float
    p50_ms: float
    p99_ms: float
    resident_mib: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Payer:
    """A customer who is signed in."""

    customer: UUID
    session: UUID
    cookies: str


def _environment(dsn: str) -> dict[str, str]:
    """What `tael serve` is started with."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "TAEL_DATABASE_URL": dsn,
        "TAEL_SEALING_KEYS": f"1:{key}",
        "TAEL_PIN_KEYS": f"1:{key}",
        "TAEL_PORT": str(_free_port()),
    }


async def payments_a_second(dsn: str, database: Database, seconds: float) -> Paid:
    """Serve, let the clients pay for so many seconds, and weigh the process."""
    environment = _environment(dsn)
    settings = Settings.load(environment)
    payers = [await _a_payer(database, settings.sealer(), number) for number in range(CLIENTS)]
    count = int((seconds + WARM_UP_S) * RATE_MAX) // CLIENTS
    store = await _a_store(database)
    requests = [await _requests(database, payer, store, count, settings) for payer in payers]
    async with _api(environment, settings.port) as process:
        return await _load(requests, settings.port, seconds, process)


async def _load(requests: list[Iterator[bytes]], port: int, seconds: float, process: int) -> Paid:
    begin = time.perf_counter() + WARM_UP_S
    end = begin + seconds
    latencies: list[float] = []

    async def client(mine: Iterator[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in mine:
            sent = time.perf_counter()
            if sent >= end:
                break
            writer.write(request)
            status, body = await _reply(reader)
            assert status == 201, body
            if sent >= begin:
                latencies.append(time.perf_counter() - sent)
        else:
            raise AssertionError("the orders did not last: raise RATE_MAX")
        writer.close()

    await asyncio.gather(*(client(mine) for mine in requests))
    took = time.perf_counter() - begin
    centiles = statistics.quantiles(latencies, n=100)
    now, peak = resident_mib(process)
    return Paid(len(latencies) / took, centiles[49] * 1e3, centiles[98] * 1e3, now, peak)


async def _reply(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    start = lowered.index(b"content-length:") + len(b"content-length:")
    length = int(lowered[start : lowered.index(b"\r\n", start)])
    return int(head[9:12]), await reader.readexactly(length)


async def _a_payer(database: Database, sealer: Sealer, number: int) -> Payer:
    """A customer of class 2 with a wallet, money in it and a session, as the edge makes them."""
    customer, device = ids.new_id(), uuid4()
    phone = identity.Phone.parse(f"+86139{secrets.randbelow(10**6):06d}{number:02d}")
    now = machine_now()
    async with database.write() as session:
        begun = await start_session(session, phone, device, sealer=sealer, now=now)
        registration = identity.Registration(customer, identity.PinHash("1:none"), "zh-CN")
        signed = await identity.register(session, begun.view, registration, sealer=sealer, now=now)
        new = customers.NewWallet(
            customer_id=customer,
            phone_masked=phone.masked,
            terms_version=customers.TERMS_VERSION,
            language="zh-CN",
        )
        wallet = await customers.open_wallet(session, new, now=now)
        await session.execute(
            "UPDATE customers_wallets SET wallet_class = 2 WHERE customer_id = $1", customer
        )
    await _fund(database, wallet.account_number, now)
    token = base64.urlsafe_b64encode(signed.token).rstrip(b"=").decode()
    cookies = f"__Host-tael_session={token}; __Host-tael_device={device.hex}"
    return Payer(customer, signed.view.session_id, cookies)


async def _fund(database: Database, number: ledger.AccountNumber, now: datetime) -> None:
    async with database.write() as session:
        book = await ledger.lock(session, [ledger.CARD_CLEARING, number], now=now)
        book.post(
            ledger.Movement(
                id=ledger.MovementId(ids.new_id()),
                kind=ledger.MovementKind.TOP_UP,
                postings=(ledger.Posting(ledger.CARD_CLEARING, number, FUNDS),),
                reference=ids.new_id(),
                payer_label="card",
                payee_label="wallet",
                memo="",
                at=now,
            )
        )
        await ledger.write(session, book)


async def _a_store(database: Database) -> merchants.Store:
    merchant, store = merchants.MerchantId(ids.new_id()), merchants.StoreId(ids.new_id())
    now = machine_now()
    async with database.write() as session:
        await merchants.take_on(
            session, merchants.NewMerchant(id=merchant, name="BENCH", owner_id=None), now=now
        )
        new = merchants.NewStore(
            id=store,
            merchant_id=merchant,
            name="BENCH NOODLES",
            name_zh="示例面馆",
            city="BEIJING",
            mcc="5812",
            static_code=store.hex.upper(),
        )
        await merchants.open_store(session, new, now=now)
        return (await merchants.stores(session, [store]))[store]


async def _requests(
    database: Database, payer: Payer, store: merchants.Store, count: int, settings: Settings
) -> Iterator[bytes]:
    """Requests for as many orders, each with an authorisation that is still good."""
    orders = [payments.OrderId(ids.new_id()) for _ in range(count)]
    grants = [ids.new_id() for _ in range(count)]
    payee = ids.wire("sto", store.id)
    terms = [
        identity.AuthorisationTerms(
            purpose="payment", payee=payee, amount=AMOUNT, order=ids.wire("ord", order)
        )
        for order in orders
    ]
    now = machine_now()
    async with database.write() as session:
        await session.execute(
            """
            INSERT INTO payments_orders
                (id, store_id, merchant_id, amount_minor, currency, description, token, state,
                 created_at, expires_at)
            SELECT id, $2, $3, $4, 'CNY', '牛肉面', id::text, 'open', $5, $6
            FROM unnest($1::uuid[]) AS made (id)
            """,
            orders,
            store.id,
            store.merchant_id,
            AMOUNT.minor,
            now,
            now + timedelta(hours=1),
        )
        await session.execute(
            """
            INSERT INTO identity_authorisations
                (id, customer_id, session_id, purpose, terms_digest, issued_at, expires_at)
            SELECT id, $3, $4, 'payment', digest, $5, $6
            FROM unnest($1::uuid[], $2::bytea[]) AS made (id, digest)
            """,
            grants,
            [each.digest() for each in terms],
            payer.customer,
            payer.session,
            now,
            now + timedelta(hours=1),
        )
    return (
        _request(payer, payee, ids.wire("ord", order), ids.wire("aut", grant), settings.port)
        for order, grant in zip(orders, grants, strict=True)
    )


def _request(payer: Payer, payee: str, order: str, authorisation: str, port: int) -> bytes:
    body = orjson.dumps(
        {
            "payee": payee,
            "order": order,
            "amount": {"value": AMOUNT.minor, "currency": "CNY"},
            "authorisation": authorisation,
            "funding": {"kind": "balance"},
        }
    )
    head = (
        f"POST /api/payments HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {payer.cookies}\r\n"
        f"Idempotency-Key: {secrets.token_hex(16)}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def start_s(dsn: str) -> float:
    """How long an API process takes from its start until it serves."""
    environment = _environment(dsn)
    begin = time.perf_counter()
    async with _api(environment, int(environment["TAEL_PORT"])):
        return time.perf_counter() - begin


@asynccontextmanager
async def _api(environment: dict[str, str], port: int) -> AsyncIterator[int]:
    """`tael serve` in a process of its own; its process number."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tael", "serve", env=os.environ | environment
    )
    try:
        await _until_ready(port, process)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def _until_ready(port: int, process: asyncio.subprocess.Process) -> None:
    for _ in range(START_TRIES):
        assert process.returncode is None, "the API did not start"
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.write(b"GET /api/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, _ = await _reply(reader)
        writer.close()
        if status == 200:
            return
    raise AssertionError("the API did not become ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
