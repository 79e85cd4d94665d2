"""The console's door: who is let in, who waits, and that nothing tells a log-in from none."""

from datetime import timedelta

import asyncpg
import pytest

from factories.identity import Browser
from factories.staff import OTHER_PASSWORD, PASSWORD, Desk, Office
from tael import staff
from tael.http.cookies import STAFF_COOKIE
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.staff import Role
from tael.staff.jobs import purge


async def test_a_log_in_and_its_password_open_the_console(office: Office) -> None:
    await office.hire("carla", Role.CLERK)
    desk = office.desk()
    reply = await desk.sign_in(" Carla ")
    assert reply.status_code == 200
    assert reply.json()["stage"] == "full"
    assert reply.json()["roles"] == ["clerk"]
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith(f"{STAFF_COOKIE}=")
    for attribute in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert attribute in cookie
    assert (await desk.get("/approvals")).status_code == 200


async def test_the_session_and_its_token_are_nowhere_in_the_database(
    clerk: Desk, owner: asyncpg.Connection
) -> None:
    token = clerk.http.cookies[STAFF_COOKIE]
    for table in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        rows = await owner.fetch(f"SELECT t::text AS line FROM {table['tablename']} t")
        assert not any(token in row["line"] or PASSWORD in row["line"] for row in rows)


async def test_a_customers_session_opens_nothing_of_the_console_and_the_other_way(
    office: Office, customer: Browser, clerk: Desk
) -> None:
    desk = office.desk()
    desk.http.cookies.set(STAFF_COOKIE, customer.token, domain="localhost.local")
    assert (await desk.get("/approvals")).json()["code"] == "staff.signed_out"
    customer.show(clerk.http.cookies[STAFF_COOKIE])
    assert (await customer.get("/wallet")).json()["code"] == "identity.signed_out"


@pytest.mark.parametrize("tries", [1, 5, 6])
async def test_known_and_unknown_log_ins_are_answered_alike(office: Office, tries: int) -> None:
    await office.hire("carla", Role.CLERK)
    replies = []
    for login in ("carla", "nobod"):
        desk = office.desk()
        for _ in range(tries):
            reply = await desk.sign_in(login, OTHER_PASSWORD)
        body = reply.json()
        until = body.pop("until", "")
        body["request_id"] = ""
        replies.append((reply.status_code, body, len(until), len(reply.content)))
    assert replies[0] == replies[1]


async def test_wrong_passwords_delay_and_never_lock_for_good(
    office: Office, owner: asyncpg.Connection
) -> None:
    await office.hire("carla", Role.CLERK)
    desk = office.desk()
    codes = [(await desk.sign_in("carla", OTHER_PASSWORD)).json()["code"] for _ in range(6)]
    assert codes == ["staff.sign_in_wrong"] * 4 + ["staff.sign_in_delayed"] * 2
    # While it waits even the right password is not looked at, and costs no further try.
    assert (await desk.sign_in("carla")).json()["code"] == "staff.sign_in_delayed"
    assert await owner.fetchval("SELECT tries FROM staff_tries") == 5
    await owner.execute("UPDATE staff_tries SET retry_at = now() - interval '1 second'")
    assert (await desk.sign_in("carla")).status_code == 200
    assert await owner.fetchval("SELECT count(*) FROM staff_tries") == 0


async def test_the_tenth_wrong_password_waits_half_an_hour_and_more(
    office: Office, owner: asyncpg.Connection
) -> None:
    await office.hire("carla", Role.CLERK)
    desk = office.desk()
    for _ in range(10):
        await desk.sign_in("carla", OTHER_PASSWORD)
        await owner.execute("UPDATE staff_tries SET retry_at = now() - interval '1 second'")
    reply = await desk.sign_in("carla", OTHER_PASSWORD)
    until = await owner.fetchval("SELECT retry_at FROM staff_tries")
    assert reply.json()["code"] == "staff.sign_in_delayed"
    assert until - machine_now() > timedelta(minutes=30)


async def test_a_strangers_guesses_do_not_keep_the_owner_out_of_his_browser(
    office: Office,
) -> None:
    await office.hire("carla", Role.CLERK)
    own, stranger = office.desk(), office.desk()
    assert (await own.sign_in("carla")).status_code == 200
    for _ in range(5):
        await stranger.sign_in("carla", OTHER_PASSWORD)
    assert (await stranger.sign_in("carla")).json()["code"] == "staff.sign_in_delayed"
    assert (await own.sign_in("carla")).status_code == 200


async def test_disabling_a_person_ends_his_sessions_at_once(
    office: Office, clerk: Desk, database: Database
) -> None:
    async with database.write() as session:
        await staff.disable(session, "carla", staff.Actor(None), reason="left", now=machine_now())
    assert (await clerk.get("/approvals")).json()["code"] == "staff.signed_out"
    assert (await office.desk().sign_in("carla")).json()["code"] == "staff.sign_in_wrong"


async def test_a_session_idles_out_and_ends_after_twelve_hours(
    clerk: Desk, owner: asyncpg.Connection
) -> None:
    age = """UPDATE staff_sessions SET created_at = created_at - $1::interval,
             seen_at = seen_at - $1::interval, expires_at = expires_at - $1::interval"""
    await owner.execute(age, timedelta(minutes=14))
    assert (await clerk.get("/approvals")).status_code == 200  # It slides.
    await owner.execute(age, timedelta(minutes=14))
    assert (await clerk.get("/approvals")).status_code == 200
    await owner.execute(
        """UPDATE staff_sessions SET created_at = created_at - interval '12 hours',
           expires_at = expires_at - interval '12 hours'"""
    )
    assert (await clerk.get("/approvals")).json()["code"] == "staff.signed_out"


async def test_signing_out_ends_the_session_and_is_no_fault_twice(clerk: Desk) -> None:
    token = clerk.http.cookies[STAFF_COOKIE]
    assert (await clerk.post("/sign-out")).status_code == 204
    clerk.http.cookies.set(STAFF_COOKIE, token, domain="localhost.local")
    assert (await clerk.get("/approvals")).json()["code"] == "staff.signed_out"
    assert (await clerk.post("/sign-out")).status_code == 204


async def test_a_given_password_opens_only_the_choice_of_an_own_one(
    office: Office, owner: asyncpg.Connection
) -> None:
    await office.hire("carla", Role.CLERK, change_due=True)
    desk = office.desk()
    assert (await desk.sign_in("carla")).json()["stage"] == "password_change"
    assert (await desk.get("/approvals")).json()["code"] == "staff.password_change_due"

    async def choose(chosen: str, present: str = PASSWORD) -> str:
        reply = await desk.post("/password", {"present": present, "chosen": chosen})
        return str(reply.json().get("code", reply.json().get("stage")))

    assert await choose(PASSWORD) == "staff.password_unchanged"
    assert await choose("fourteen chars") == "staff.password_weak"
    assert await choose(OTHER_PASSWORD, present=OTHER_PASSWORD) == "staff.sign_in_wrong"
    assert await choose("河边两盏灯照着银色的船在正午时") == "full"
    assert (await desk.get("/approvals")).status_code == 200
    acts = await owner.fetch("SELECT act FROM staff_acts ORDER BY id")
    assert [row["act"] for row in acts] == ["added", "signed_in", "password_changed"]


async def test_a_given_password_lapses_after_three_days(
    office: Office, owner: asyncpg.Connection
) -> None:
    await office.hire("carla", Role.CLERK, change_due=True)
    await owner.execute(
        "UPDATE staff_people SET password_set_at = password_set_at - interval '3 days'"
    )
    assert (await office.desk().sign_in("carla")).json()["code"] == "staff.sign_in_wrong"


async def test_changing_the_password_ends_the_other_sessions(office: Office, clerk: Desk) -> None:
    other = office.desk()
    await other.sign_in("carla")
    reply = await other.post("/password", {"present": PASSWORD, "chosen": OTHER_PASSWORD})
    assert reply.status_code == 200
    assert (await other.get("/approvals")).status_code == 200
    assert (await clerk.get("/approvals")).json()["code"] == "staff.signed_out"
    assert (await office.desk().sign_in("carla")).json()["code"] == "staff.sign_in_wrong"


async def test_a_lost_reply_of_a_sign_in_is_given_again(office: Office) -> None:
    await office.hire("carla", Role.CLERK)
    desk = office.desk()
    await desk.get("/session")
    body = {"login": "carla", "password": PASSWORD}
    first = await desk.post("/sign-in", body, key="the-same-key")
    again = await desk.post("/sign-in", body, key="the-same-key")
    assert again.content == first.content
    assert again.headers["set-cookie"] == first.headers["set-cookie"]


async def test_many_sign_ins_from_one_address_are_stopped(
    office: Office, owner: asyncpg.Connection
) -> None:
    desk = office.desk()
    await desk.get("/session")
    await desk.sign_in("somebody")
    await owner.execute("UPDATE kernel_rate_limits SET count = 60")
    assert (await desk.sign_in("another")).json()["code"] == "request.too_many"


async def test_old_counters_are_forgotten(
    office: Office, owner: asyncpg.Connection, database: Database
) -> None:
    await office.desk().sign_in("nobody")
    await purge(database)
    assert await owner.fetchval("SELECT count(*) FROM staff_tries") == 1
    await owner.execute("UPDATE staff_tries SET tried_at = tried_at - interval '25 hours'")
    await purge(database)
    assert await owner.fetchval("SELECT count(*) FROM staff_tries") == 0
