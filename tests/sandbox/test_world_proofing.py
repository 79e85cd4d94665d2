"""The sandbox's register: who stands in it, and the names that order it to misbehave."""

import base64
from pathlib import Path

import httpx
import pytest

from tael.sandbox.world import running_world
from tael.sandbox.world.proofing import Register

WANG_ID = "110101199003070038"
FACE = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("name", "id_number", "verdict"),
    [
        ("王小明", WANG_ID, "match"),
        ("王晓明", WANG_ID, "mismatch"),
        ("陌生人", "11010519491231002X", "match"),
        ("拒绝者", "11010519491231002X", "mismatch"),
        ("reject Me", "11010519491231002X", "mismatch"),
    ],
)
def test_the_register_knows_its_people_and_takes_others_at_their_word(
    name: str, id_number: str, verdict: str
) -> None:
    assert Register().check("1", name, id_number) == (verdict, 0.0)


def test_a_slow_check_is_ready_later_under_its_id() -> None:
    clock = Clock()
    register = Register(slow_s=20, clock=clock)
    assert register.check("1", "慢慢", "x") == ("match", 20.0)
    clock.now = 21
    assert register.check("1", "慢慢", "x") == ("match", 0.0)
    assert register.check("2", "Slow Joe", "x") == ("match", 20.0)


def test_one_id_is_one_check() -> None:
    register = Register()
    register.check("1", "拒绝者", "x")
    assert register.check("1", "王小明", WANG_ID) == ("mismatch", 0.0)


async def test_the_world_answers_checks_and_refuses_what_is_none(tmp_path: Path) -> None:
    body = {"id": "1", "name": "王小明", "id_number": WANG_ID, "portrait": FACE}
    async with running_world(tmp_path) as world, httpx.AsyncClient() as client:
        url = f"{world.url}/proofing/checks"
        reply = await client.post(url, json=body)
        assert reply.json() == {"id": "1", "verdict": "match"}
        for wrong in ({}, {**body, "portrait": "%"}, {**body, "portrait": ""}, {**body, "name": 1}):
            assert (await client.post(url, json=wrong)).status_code == 422
