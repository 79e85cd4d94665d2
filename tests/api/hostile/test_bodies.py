"""Bodies that are no JSON, or other JSON than was asked for: refused, nothing done."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from factories import shops
from factories.hostile import fault_of
from factories.town import Call, Citizen, Town, requests
from tael.http.middleware import BODY_MAX, PORTRAIT_BODY_MAX

JSON: Final = {"Content-Type": "application/json"}
DEEP: Final = 100_000
MEBIBYTE: Final = 2**20

NOT_JSON: Final[dict[str, bytes]] = {
    "nothing": b"",
    "a blank": b" ",
    "half an object": b'{"amount": {"value": 1',
    "two values": b"{} {}",
    "a trailing comma": b'{"pin": "804219",}',
    "single quotes": b"{'pin': '804219'}",
    "a comment": b'{"pin": "804219"} // mine',
    "a NUL": b'{"pin": "804219"}\x00',
    "raw control character in a text": b'{"memo": "a\nb"}',
    "bytes that are no UTF-8": b'{"memo": "\xff\xfe"}',
    "overlong UTF-8": b'{"memo": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"memo": "\xed\xa0\x80"}',
    "UTF-16": '{"pin": "804219"}'.encode("utf-16"),
    "UTF-32": '{"pin": "804219"}'.encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf" + b'{"pin": "804219"}',
    "NaN": b'{"amount": {"value": NaN, "currency": "CNY"}}',
    "Infinity": b'{"amount": {"value": Infinity, "currency": "CNY"}}',
    "a form": b"pin=804219&amount=100",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "gzip": gzip.compress(b'{"pin": "804219"}'),
}
"""What is no JSON text by RFC 8259."""

OTHER_JSON: Final[dict[str, bytes]] = {
    "null": b"null",
    "a list": b"[]",
    "a list of objects": b"[{}]",
    "a text": b'"{}"',
    "a number": b"0",
    "true": b"true",
    "a number of 5,000 digits": b"9" * 5_000,
    "1e400": b"1e400",
    "a deep list": b"[" * 4_000 + b"]" * 4_000,
    "deep objects": b'{"a":' * 2_500 + b"1" + b"}" * 2_500,
    "a member named by half a character": b'{"\\ud800": 1}',
    "a member named by NUL": b'{"\\u0000": 1}',
    "a member named like an attribute": b'{"__class__": 1, "__proto__": {"amount": 1}}',
    "a thousand members": json.dumps({f"member{n}": n for n in range(1_000)}).encode(),
}
"""What is JSON, but of another shape."""


async def sent(citizen: Citizen, call: Call, body: bytes, **headers: str) -> httpx.Response:
    named = {**JSON, "Idempotency-Key": uuid4().hex, **headers}
    return await citizen.browser.http.request(
        call.method,
        f"/api{call.path}",
        content=body,
        headers=[(name.encode(), value.encode("latin-1")) for name, value in named.items()],
    )


def with_bodies(calls: dict[str, Call]) -> dict[str, Call]:
    """Those that take something."""
    return {name: call for name, call in calls.items() if call.body}


OFTEN: Final = frozenset({"nothing", "null", "a list", "a member named by half a character"})
"""What every operation is sent. The rest, which is parsed before an operation sees it, some."""
SOME: Final = frozenset({"POST /payments", "POST /sign-in/pin", "POST /codes/resolve"})


@pytest.mark.parametrize("signed_in", [True, False])
async def test_what_is_not_the_json_asked_for_is_refused(
    town: Town, counter: shops.Bank, *, signed_in: bool
) -> None:
    if not signed_in:
        town.alice.browser.http.cookies.clear()
    offenders: list[str] = []
    async with counter.unmoved():
        for name, call in with_bodies(requests(town, town.alice)).items():
            for kind, body in {**NOT_JSON, **OTHER_JSON}.items():
                if name not in SOME and kind not in OFTEN:
                    continue
                reply = await sent(town.alice, call, body)
                fault = fault_of(reply)
                if reply.status_code < 400 or reply.status_code >= 500:
                    fault = f"{reply.status_code}: {reply.text[:120]}"
                if fault:
                    offenders.append(f"{name} with {kind}: {fault}")
    assert offenders == []


TAKEN: Final = frozenset({"seconds = 1.5", "final = true"})
"""What is right though it differs: the one member that may be a fraction, and the one that is
false in the town's request."""


async def test_one_member_too_many_too_few_or_of_another_type_is_refused(
    town: Town, counter: shops.Bank
) -> None:
    offenders: list[str] = []
    async with counter.unmoved():
        for name, call in with_bodies(requests(town, town.alice)).items():
            for kind, spoiled in spoilt(call.body or {}):
                if kind in TAKEN:
                    continue
                reply = await sent(town.alice, call, json.dumps(spoiled).encode())
                fault = fault_of(reply)
                if reply.status_code != 422 or reply.json()["code"] != "request.invalid":
                    fault = f"{reply.status_code}: {reply.text[:120]}"
                if fault:
                    offenders.append(f"{name} with {kind}: {fault}")
    assert offenders == []


def spoilt(body: dict[str, Any], where: str = "") -> list[tuple[str, dict[str, Any]]]:
    """The body with one thing wrong, for each thing."""
    found = [(f"{where}extra member", {**body, "is_admin": True})]
    for member, value in body.items():
        others: list[Any] = [[], [value], {"$gt": ""}, {}, True, 1.5, -1, 10**400]
        if not isinstance(value, str):
            others.append(str(value))
        if isinstance(value, dict):
            found += [
                (kind, {**body, member: inner})
                for kind, inner in spoilt(value, f"{where}{member}.")
            ]
        for other in others:
            if other != value:
                kind = f"{where}{member} = {json.dumps(other)[:30]}"
                found.append((kind, {**body, member: other}))
    return found


async def test_a_body_of_another_content_type_is_refused(town: Town, counter: shops.Bank) -> None:
    call = requests(town, town.alice)["POST /receive-codes"]
    body = json.dumps(call.body).encode()
    types = (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json-patch",
        "json",
        "/",
        "é",
        "application/json\\",
        "text/html; charset=" + "a" * 4_000,
    )
    async with counter.unmoved():
        for name in types:
            reply = await sent(town.alice, call, body, **{"Content-Type": name})
            assert fault_of(reply) is None, name
            assert reply.status_code == 422, (name, reply.text)
    for name in ("application/json", "application/json; charset=utf-8", "APPLICATION/JSON"):
        reply = await sent(town.alice, call, body, **{"Content-Type": name})
        assert reply.status_code == 201, (name, reply.text)


async def test_a_compressed_body_is_not_unpacked(town: Town) -> None:
    call = requests(town, town.alice)["POST /receive-codes"]
    bomb = gzip.compress(b'{"memo": "' + b"0" * 10 * MEBIBYTE + b'"}')
    assert len(bomb) < BODY_MAX
    reply = await sent(town.alice, call, bomb, **{"Content-Encoding": "gzip"})
    assert fault_of(reply) is None
    assert reply.status_code == 422


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(town: Town) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(160):
            read += 65_536
            yield b"[" * 65_536

    calls = requests(town, town.alice)
    for name, limit in (("POST /payments", BODY_MAX), ("POST /pin/reset", PORTRAIT_BODY_MAX)):
        path = f"/api{calls[name].path}"
        headers = {**JSON, "Idempotency-Key": uuid4().hex}
        http = town.alice.browser.http
        told = await http.post(path, content=b"[" * 10 * MEBIBYTE, headers=headers)
        read = 0
        chunked = await http.post(path, content=endless(), headers=headers)
        for reply in (told, chunked):
            assert fault_of(reply) is None
            assert reply.json()["code"] == "request.body_too_large"
            assert reply.json()["bytes_max"] == limit
        deep = await http.post(path, content=b"[" * (limit // 2), headers=headers)
        assert deep.json()["code"] == "request.invalid"


async def test_a_member_said_twice_counts_once(town: Town, counter: shops.Bank) -> None:
    """The last one counts, for what is checked and for what is done."""
    call = requests(town, town.alice)["POST /limits/check"]
    amount = b'{"value": 1, "value": 999999900, "currency": "PTS", "currency": "CNY"}'
    body = b'{"act": "top_up", "act": "transfer", "amount": 1, "amount": ' + amount + b"}"
    async with counter.unmoved():
        reply = await sent(town.alice, call, body)
    assert reply.status_code == 200, reply.text
    assert reply.json()["passes"] is False
    assert reply.json()["refusal"]["code"] == "customers.limit_exceeded"
