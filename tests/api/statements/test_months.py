"""GET /statements: the months of a wallet, each beginning with what the one before ended with."""

import itertools
from collections.abc import Callable

from factories.identity import OTHER_PHONE, Browser


async def test_a_new_wallet_has_its_first_month_so_far(customer: Browser) -> None:
    listed = (await customer.get("/statements")).json()
    [month] = listed["months"]
    assert month["complete"] is False
    assert (month["opening"]["value"], month["closing"]["value"], month["entries"]) == (0, 0, 0)
    assert listed["next"] is None


async def test_months_chain_and_the_newest_is_first(settled: Browser) -> None:
    months = (await settled.get("/statements")).json()["months"]
    by_name = {month["month"]: month for month in months}
    assert list(by_name) == sorted(by_name, reverse=True)
    told = {
        name: (m["opening"]["value"], m["closing"]["value"], m["entries"])
        for name, m in by_name.items()
    }
    assert told["2026-08"] == (0, 87_650, 3)
    assert told["2026-09"] == (87_650, 87_650, 0)
    assert told["2026-10"] == (87_650, 58_450, 2)
    assert [by_name[name]["complete"] for name in ("2026-08", "2026-09", "2026-10")] == [True] * 3
    for newer, older in itertools.pairwise(months):
        assert newer["opening"] == older["closing"]
    wallet = (await settled.get("/wallet")).json()
    assert months[0]["closing"] == wallet["balance"]


async def test_older_months_are_on_the_next_page(settled: Browser) -> None:
    page = (await settled.get("/statements?before=2026-09")).json()
    assert [month["month"] for month in page["months"]] == ["2026-08"]
    assert page["next"] is None


async def test_months_before_the_wallet_and_to_come_are_not_there(settled: Browser) -> None:
    for month in ("2026-07", "2999-01", "1999-12", "x", "2026-13"):
        refused = await settled.get(f"/statements/{month}.csv")
        assert refused.status_code == 404, month
        assert refused.json()["code"] == "statements.month_not_found"


async def test_statements_need_the_pin(browsers: Callable[..., Browser]) -> None:
    stranger = browsers(OTHER_PHONE)
    await stranger.get("/session")
    for path in ("/statements", "/statements/2026-10.pdf"):
        refused = await stranger.get(path)
        assert (refused.status_code, refused.json()["code"]) == (401, "identity.signed_out")


async def test_a_statement_is_of_ones_own_wallet_only(
    settled: Browser, browsers: Callable[..., Browser]
) -> None:
    other = await browsers(OTHER_PHONE).sign_up()
    [month] = (await other.get("/statements")).json()["months"]
    assert month["entries"] == 0
    assert (await other.get("/statements/2026-08.csv")).status_code == 404
