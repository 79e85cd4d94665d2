"""Schemathesis over the OpenAPI document: no 5xx, no reply that the document does not promise."""

import asyncio
import os
from collections.abc import Callable
from typing import Final

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from factories.fuzzing import Bridge, Found, faults
from factories.identity import Browser
from factories.town import Town

EXAMPLES: Final = int(os.environ.get("TAEL_FUZZ_EXAMPLES", "3"))
"""Generated requests an operation, beside the hundreds that the document alone gives rise to."""
SEED: Final = int(os.environ.get("TAEL_FUZZ_SEED", "20260101"))
ASKED_MIN: Final = 1_000

LAST: Final = ("/api/sign-out", "/api/wallet/close", "/api/wallet/freeze")
"""After one of these a customer could ask for nothing more: somebody else does them."""


async def found(bridge: Bridge) -> list[Found]:
    """What the fuzzer finds, which works in a thread of its own."""
    return await asyncio.to_thread(lambda: list(faults(bridge, examples=EXAMPLES, seed=SEED)))


@pytest.mark.parametrize("signed_in", [True, False], ids=["customer", "anonymous"])
async def test_no_request_that_the_document_leads_to_fails(
    app: FastAPI, town: Town, browsers: Callable[..., Browser], *, signed_in: bool
) -> None:
    leaving = await browsers("13700007777").sign_up()
    who = town.alice.browser if signed_in else None
    bridge = Bridge(app, who, dict.fromkeys(LAST, leaving))
    assert await found(bridge) == []
    assert bridge.asked > ASKED_MIN


class Planted(BaseModel):
    """A body whose least number was forgotten."""

    value: int = Field(ge=0)


async def test_a_planted_bug_is_found() -> None:
    app = FastAPI(openapi_url="/api/openapi.json")

    @app.post("/api/planted")
    async def plant(body: Planted) -> dict[str, str]:
        if body.value == 0:
            raise HTTPException(500)
        return {}

    bridge = Bridge(app, None)
    assert any("Server error" in each.what for each in await found(bridge))
