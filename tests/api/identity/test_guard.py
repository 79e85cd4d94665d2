"""The guard's question is one indexed read, and sessions end on time."""

import hashlib
import secrets
import statistics
import time
from datetime import timedelta

import asyncpg
import pytest
from fastapi import FastAPI

from factories.identity import Browser
from tael import identity
from tael.http.cookies import SESSION_COOKIE
from tael.kernel.clock import machine_now


async def age(owner: asyncpg.Connection, by: timedelta) -> None:
    """Let time pass for every session, as if its owner had done nothing."""
    await owner.execute(
        """
        UPDATE identity_sessions
        SET created_at = created_at - $1::interval,
            seen_at = seen_at - $1::interval,
            expires_at = expires_at - $1::interval
        """,
        by,
    )


async def test_a_session_idles_out_after_fifteen_minutes(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    await age(owner, timedelta(minutes=14))
    assert (await customer.get("/wallet")).status_code == 200
    await age(owner, timedelta(minutes=14))
    # It was in use a moment ago, so that it slid.
    assert (await customer.get("/wallet")).status_code == 200
    await age(owner, timedelta(minutes=15))
    assert (await customer.get("/wallet")).json()["code"] == "identity.signed_out"


async def test_a_session_ends_after_twelve_hours_however_busy(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        """
        UPDATE identity_sessions
        SET created_at = created_at - interval '12 hours',
            expires_at = expires_at - interval '12 hours'
        """
    )
    assert (await customer.get("/wallet")).json()["code"] == "identity.signed_out"


async def test_use_is_written_at_most_once_a_minute(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    seen = "SELECT seen_at FROM identity_sessions"
    before = await owner.fetchval(seen)
    for _ in range(3):
        await customer.get("/wallet")
    assert await owner.fetchval(seen) == before
    await age(owner, timedelta(seconds=61))
    await customer.get("/wallet")
    assert await owner.fetchval(seen) > before - timedelta(seconds=1)


@pytest.mark.parametrize(
    "cookie", ["", "x", "é", "A" * 43, "A" * 5000, "../../etc", "null", "%00" * 8]
)
async def test_a_cookie_that_opens_nothing_is_nobody(browser: Browser, cookie: str) -> None:
    reply = await browser.http.get(
        "/api/session", headers={b"Cookie": f"{SESSION_COOKIE}={cookie}".encode()}
    )
    assert reply.status_code == 200
    assert reply.json()["stage"] == "anonymous"


async def test_the_token_is_nowhere_in_the_database(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    token = customer.token
    tables = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in tables:
        rows = await owner.fetch(f"SELECT t::text AS line FROM {table['tablename']} t")
        assert not any(token in row["line"] for row in rows)


async def test_the_guard_asks_one_question_of_one_index(
    customer: Browser, app: FastAPI, owner: asyncpg.Connection
) -> None:
    """100,000 sessions: the plan is an index scan, and the answer comes in well under a ms."""
    await owner.execute(
        """
        INSERT INTO identity_sessions
            (id, token_hash, stage, device_id, phone_hash, phone_sealed, phone_verified_at,
             created_at, seen_at, expires_at)
        SELECT gen_random_uuid(), sha256(n::text::bytea), 'phone_verified', gen_random_uuid(),
               sha256(n::text::bytea), '\\x00', now(), now(), now(), now() + interval '1 hour'
        FROM generate_series(1, 100000) AS n
        """
    )
    await owner.execute("ANALYZE identity_sessions")
    plan = await owner.fetch(
        """
        EXPLAIN SELECT id FROM identity_sessions
        WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > now() AND seen_at > now()
        """,
        hashlib.sha256(b"anything").digest(),
    )
    assert any("uq_identity_sessions_token_hash" in row["QUERY PLAN"] for row in plan)
    spent: list[float] = []
    async with app.state.services.database.read() as session:
        for _ in range(300):
            begun = time.perf_counter()
            await identity.session_by_token(session, secrets.token_bytes(32), machine_now())
            spent.append(time.perf_counter() - begun)
    assert statistics.median(spent) < 0.002
    assert customer.customer
