"""Queries that make no sense: refused, or answered with nothing, and never with another's."""

from typing import Final
from urllib.parse import quote

import pytest

from factories.hostile import fault_of
from factories.town import Town

REFUSED: Final = (
    "limit=0",
    "limit=-1",
    "limit=1000000000",
    "limit=" + "9" * 5_000,
    "limit=1.5",
    "limit=true",
    "limit=",
    "limit=٣",
    "cursor=",
    "cursor=garbage",
    "cursor=%00",
    "cursor=" + "A" * 10_000,
    "cursor=" + "A" * 32,
    "cursor=" + quote("面" * 10),
    "kind=salary",
    "kind=PAYMENT",
    "direction=up",
    "min=-1",
    "max=1e3",
    "max=" + "9" * 30,
    "min=NaN",
    "from=2026-02-30",
    "from=2026-13-01",
    "from=0000-00-00",
    "from=10000-01-01",
    "from=-2026-01-01",
    "to=yesterday",
    "to=9999-12-31",
    "from=1e9",
    "q=" + "a" * 10_240,
    "q=a%00b",
    "q=%1b%5b31m",
    "q=%E2%80%AE",
    "colour=red",
    "limit[$gt]=1",
)
"""Each alone makes the history refuse."""

EMPTY: Final = (
    "min=10&max=5",
    "from=2026-12-31&to=2026-01-01",
    "from=2999-12-31&to=2999-12-31",
    "to=2000-01-01",
    "q=%25",
    "q=_",
    "q=%5C",
    "q=" + quote("'; DROP TABLE ledger_postings; --"),
    "q=" + quote("(a+)+$"),
    "q=%F0%9F%92%A9",
)
"""What nothing can match."""


@pytest.fixture
def history(town: Town) -> str:
    return "https://localhost/api/history?"


async def test_a_query_that_makes_no_sense_is_refused(town: Town, history: str) -> None:
    for query in REFUSED:
        reply = await town.alice.browser.http.get(history + query)
        assert fault_of(reply) is None, query[:60]
        assert reply.status_code == 422, (query[:60], reply.text[:200])
        assert reply.json()["code"] in {"request.invalid", "request.invalid_cursor"}


async def test_a_query_that_nothing_matches_gives_an_empty_page(town: Town, history: str) -> None:
    for query in EMPTY:
        reply = await town.alice.browser.http.get(history + query)
        assert fault_of(reply) is None, query
        assert (reply.status_code, reply.json()["entries"]) == (200, []), query


async def test_a_cursor_is_good_for_the_list_that_gave_it(town: Town, history: str) -> None:
    first = (await town.alice.browser.http.get(f"{history}limit=1")).json()
    cursor = first["next"]
    assert cursor
    foreign = await town.bob.browser.http.get(f"{history}cursor={cursor}")
    assert foreign.json()["code"] == "request.invalid_cursor"
    for place in range(0, len(cursor), 5):
        other = "A" if cursor[place] != "A" else "B"
        altered = cursor[:place] + other + cursor[place + 1 :]
        reply = await town.alice.browser.http.get(f"{history}cursor={altered}")
        assert fault_of(reply) is None, altered
        assert reply.status_code == 422, altered
    following = (await town.alice.browser.http.get(f"{history}cursor={cursor}")).json()
    assert first["entries"][0] not in following["entries"]


async def test_other_queries_and_headers_of_streams_are_held_to_their_form(town: Town) -> None:
    http = town.alice.browser.http
    for query in ("sandbox/inbox", "sandbox/inbox?to=", "sandbox/inbox?to=" + "1" * 500):
        assert fault_of(reply := await http.get(f"https://localhost/api/{query}")) is None
        assert reply.status_code == 422, query
    for state in ("done", "", "pending%00", "a" * 9_000):
        reply = await http.get(f"https://localhost/api/card-transfers?state={state}")
        assert (fault_of(reply), reply.status_code) == (None, 422), state[:20]
    for last in ("-1", "x", "1.5", "9" * 400, "", "1, 2"):
        reply = await http.get("https://localhost/api/events", headers={"Last-Event-ID": last})
        assert (fault_of(reply), reply.status_code) == (None, 422), last[:20]
