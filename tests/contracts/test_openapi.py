"""The committed OpenAPI document is what the code serves; the app's client is made from it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tael.cli.openapi import document

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    return document()


def test_the_committed_document_is_what_is_served(served: dict[str, Any]) -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(served)), (
        "run: tael openapi > docs/reference/openapi.json, then npm run client in web/"
    )


def test_every_operation_says_what_it_does_and_when_it_refuses(served: dict[str, Any]) -> None:
    silent = [
        f"{method} {path}"
        for path, methods in served["paths"].items()
        for method, operation in methods.items()
        if not operation.get("description")
        or (path != "/api/health/live" and method != "get" and "422" not in operation["responses"])
    ]
    assert silent == []


CHANGE_NOTHING = {
    "post /api/cards/recognise",
    "post /api/codes/resolve",
    "post /api/limits/check",
    "post /api/payees/lookup",
    "post /api/rehearsals",
    "post /api/staff/accounts/lookup",
    "post /api/staff/payouts/check",
    # Orders to the sandbox's outside world, which is not the bank.
    "post /api/sandbox/cards",
    "post /api/sandbox/switch",
}


def test_only_questions_go_without_an_idempotency_key(served: dict[str, Any]) -> None:
    keyless = {
        f"{method} {path}"
        for path, methods in served["paths"].items()
        for method, operation in methods.items()
        if method != "get"
        and not any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", []))
    }
    assert keyless == CHANGE_NOTHING
