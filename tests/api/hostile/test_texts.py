"""Naughty texts in every text of every body: taken or refused, never a fault, shown unchanged."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import asyncpg

from factories.hostile import fault_of
from factories.shops import on_wire, yuan
from factories.town import Town, requests
from tael import transfers

TEXTS: Final[dict[str, str]] = {
    "empty": "",
    "blanks": "   ",
    "NUL": "a\0b",
    "control characters": "a\x01\x1b[31m\x7f\x85b",
    "line breaks": "a\r\nX-Injected: 1\n\nb",
    "half a character": "a\ud800b",
    "the other half": "\udc00",
    "no character": "\ufffe\uffff\U0010ffff",
    "right to left": "\u202e0001\u202c العربية עברית",
    "zero width": "a\u200b\u200d\u2060\ufeffb",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈💸",
    "beyond the first plane": "𠮷𠮶丽",
    "stacked marks": "Z" + "\u0335" * 40,
    "full width digits": "１２３４５６",
    "other digits": "٠١٢٣٤٥",
    "long": "面" * 5_000,
    "SQL": "'; DROP TABLE ledger_postings; --",
    "a pattern": "%_\\%(a+)+$",
    "HTML": '<script>alert(1)</script><img src=x onerror="x">',
    "a template": "{{7*7}} ${7*7} %s %n {0.__class__}",
    "a path": "../../../../etc/passwd\\..\\..",
    "a web address": "http://127.0.0.1:22/",
    "null": "null",
    "a number": "1e309",
}


def with_texts(body: dict[str, Any], text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body with this text in the place of one of its texts, for each of them."""
    for member, value in body.items():
        if isinstance(value, str):
            yield member, {**body, member: text}
        if isinstance(value, dict):
            for inner, spoiled in with_texts(value, text):
                changed = copy.deepcopy(body)
                changed[member] = spoiled
                yield f"{member}.{inner}", changed


async def test_no_text_in_any_member_is_a_fault(town: Town, owner: asyncpg.Connection) -> None:
    offenders: list[str] = []
    for name, call in requests(town, town.alice).items():
        # Else the counting of attempts would refuse before anything looks at the text.
        await owner.execute("DELETE FROM kernel_rate_limits")
        for kind, text in TEXTS.items():
            for member, body in with_texts(call.body or {}, text):
                # As ASCII with escapes, which can spell what UTF-8 cannot.
                reply = await town.alice.browser.http.post(
                    f"/api{call.path}",
                    content=json.dumps(body),
                    headers={"Content-Type": "application/json", "Idempotency-Key": uuid4().hex},
                )
                fault = fault_of(reply)
                if fault or reply.status_code == 503:
                    offenders.append(f"{name} {member} = {kind}: {fault or reply.text}")
    assert offenders == []


async def test_what_is_taken_is_shown_as_it_was_typed(town: Town) -> None:
    alice, bob = town.alice.browser, town.bob.browser
    for kind in ("right to left", "emoji", "beyond the first plane", "SQL", "HTML", "a template"):
        memo, amount = TEXTS[kind], on_wire(yuan(1))
        terms = {"purpose": "transfer", "payee": bob.customer, "amount": amount}
        body = {
            "payee": bob.customer,
            "amount": amount,
            "memo": memo,
            "authorisation": await alice.authorised(**terms),
        }
        sent = await alice.post("/transfers", body)
        assert sent.status_code == 201, (kind, sent.text)
        entry = (await bob.get("/history?limit=1")).json()["entries"][0]
        assert entry["memo"] == sent.json()["memo"] == transfers.clean_memo(memo)
        found = await bob.get(f"/history?q={quote(entry['memo'][:20])}")
        assert fault_of(found) is None, kind
        assert entry["movement"] in {each["movement"] for each in found.json()["entries"]}, kind
