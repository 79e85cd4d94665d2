"""Headers, cookies, methods and addresses that nobody should send."""

from typing import Final
from uuid import uuid4

import pytest

from factories import shops
from factories.hostile import fault_of
from factories.town import Town, requests
from tael.http.cookies import DEVICE_COOKIE, SESSION_COOKIE
from tael.kernel import ids

KEYS: Final[dict[str, list[bytes]]] = {
    "none": [],
    "empty": [b""],
    "too short": [b"1234567"],
    "too long": [b"a" * 65],
    "huge": [b"a" * 20_000],
    "a blank inside": [b"1234 5678"],
    "not ASCII": ["ключ-ключ".encode()],
    "other letters": ["ａａａａａａａａ".encode()],
    "a line feed": [b"12345678\n"],
    "two": [b"12345678", b"12345679"],
    "the same twice": [b"12345678", b"12345678"],
    "a list": [b"12345678, 12345679"],
    "a path": [b"../../../etc"],
    "SQL": [b"1'; DROP TABLE x;--"],
}


async def test_an_idempotency_key_is_one_of_its_kind_or_refused(
    town: Town, counter: shops.Bank
) -> None:
    alice, calls = town.alice.browser, requests(town, town.alice)
    async with counter.unmoved():
        for name in ("POST /transfers", "POST /wallet/freeze", "DELETE /cards/{card}"):
            call = calls[name]
            for kind, keys in KEYS.items():
                headers = [(b"idempotency-key", key) for key in keys]
                reply = await alice.http.request(
                    call.method, f"/api{call.path}", json=call.body, headers=headers
                )
                assert fault_of(reply) is None, (name, kind)
                assert reply.json()["code"] == "request.key_missing", (name, kind, reply.text)
    wallet = (await alice.get("/wallet")).json()
    assert wallet["status"] == "active"
    assert len((await alice.get("/cards")).json()["cards"]) == 1


COOKIES: Final[dict[str, str]] = {
    "no value": f"{SESSION_COOKIE}=; {DEVICE_COOKIE}=",
    "no name": "=a; =; ;;; ",
    "rubbish": "\x7f\x01;;==\\\"'",
    "not ASCII": f"{SESSION_COOKIE}=é; {DEVICE_COOKIE}=ü",
    "huge": f"{SESSION_COOKIE}={'A' * 16_000}; {DEVICE_COOKIE}={'0' * 16_000}",
    "a thousand": "; ".join(f"c{n}=1" for n in range(1_000)),
    "quoted": f'{SESSION_COOKIE}="{"A" * 43}"; {DEVICE_COOKIE}="{"0" * 32}"',
    "no base64": f"{SESSION_COOKIE}={'-_' * 21}!",
    "a device of other digits": f"{DEVICE_COOKIE}=" + "%d9%a1" * 32,
    "a device that is a number below zero": f"{DEVICE_COOKIE}=-" + "1" * 31,
    "attributes": f"{SESSION_COOKIE}=x; Path=/; $Version=1; Domain=evil",
}


async def test_cookies_that_open_nothing_are_nobodys(town: Town, counter: shops.Bank) -> None:
    http = town.alice.browser.http
    http.cookies.clear()
    call = requests(town, town.alice)["POST /transfers"]
    async with counter.unmoved():
        for kind, cookie in COOKIES.items():
            headers = [(b"cookie", cookie.encode("latin-1"))]
            for path in ("/api/session", "/api/wallet", "/api/history"):
                seen = await http.get(path, headers=headers)
                assert fault_of(seen) is None, (kind, path)
                assert seen.status_code == (200 if path == "/api/session" else 401), (kind, path)
            keyed = [*headers, (b"idempotency-key", uuid4().hex.encode())]
            sent = await http.post("/api/transfers", json=call.body, headers=keyed)
            assert fault_of(sent) is None, kind
            assert sent.status_code in {400, 401}, (kind, sent.text)
            http.cookies.clear()


async def test_a_session_in_two_cookies_is_no_way_around(town: Town) -> None:
    """Whichever of two is read, it opens its own wallet and no other."""
    alice, bob = town.alice.browser, town.bob.browser
    cookie = f"{SESSION_COOKIE}={alice.token}; {SESSION_COOKIE}={bob.token}"
    alice.http.cookies.clear()
    seen = await alice.http.get("/api/wallet", headers={"Cookie": cookie})
    assert seen.json()["customer"] in {alice.customer, bob.customer}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "rubbish"},
    ],
)
async def test_what_another_site_sends_is_not_carried_out(
    town: Town, counter: shops.Bank, headers: dict[str, str]
) -> None:
    alice = town.alice.browser
    alice.headers = headers
    async with counter.unmoved():
        for name, call in requests(town, town.alice).items():
            if call.method == "POST":
                reply = await call.send(alice)
                assert fault_of(reply) is None, name
                assert reply.json()["code"] == "request.foreign_origin", name
    alice.headers = {}
    assert (await alice.get("/wallet")).json()["status"] == "active"


METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


async def test_a_method_that_an_address_does_not_take_is_named_with_those_it_does(
    town: Town, counter: shops.Bank
) -> None:
    calls = requests(town, town.alice)
    taken: dict[str, set[str]] = {}
    for call in calls.values():
        taken.setdefault(call.path.split("?")[0], set()).add(call.method)
    offenders: list[str] = []
    async with counter.unmoved():
        for path, methods in taken.items():
            for method in set(METHODS) - methods:
                reply = await town.alice.browser.http.request(
                    method, f"/api{path}", headers={"Idempotency-Key": uuid4().hex}
                )
                if method == "DELETE" and path.startswith("/cards/"):
                    continue  # A card of that name could be removed.
                allowed = set(reply.headers.get("allow", "").split(", "))
                if fault_of(reply) or reply.status_code != 405 or allowed != methods:
                    offenders.append(f"{method} {path}: {reply.status_code} {allowed}")
    assert offenders == []


ADDRESSES: Final = (
    "/api",
    "/api/",
    "/api/nothing",
    "/api/wallet/",
    "/api//wallet",
    "/api/%2e%2e/wallet",
    "/api/wallet%00",
    "/api/wallet;a=b",
    "/API/WALLET",
    "/api/history/%ff%fe",
    "/api/history/%F0%9F%92%B8",
    "/api/payments/" + "a" * 8_000,
    "/api/docs/assets/%2e%2e/%2e%2e/pyproject.toml",
    "/docs/errors/no.such_code",
    "/docs/errors/<script>",
)


async def test_an_address_that_is_none_is_a_problem(town: Town) -> None:
    http = town.alice.browser.http
    for address in ADDRESSES:
        for method in ("GET", "POST"):
            headers = {"Idempotency-Key": uuid4().hex}
            reply = await http.request(method, f"https://localhost{address}", headers=headers)
            shell = method == "GET" and not address.startswith(("/api", "/docs"))
            assert fault_of(reply) is None, (method, address, reply.text)
            assert shell or reply.status_code in {404, 405, 422}, (method, address, reply.text)


FILES: Final = ("/%00", "/a%00b.js", "/" + "a" * 300, "/" + "a/" * 3_000, "/" + "面" * 200)


async def test_a_file_that_no_file_system_could_hold_is_not_found(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for address in FILES:
        reply = await town.alice.browser.http.get(f"https://localhost{address}")
        assert fault_of(reply) is None, address
        assert reply.status_code == 404, address


def odd_ids(prefix: str) -> list[str]:
    """Ids of the wrong kind, form or size."""
    right = ids.wire(prefix, ids.new_id())
    other = ids.wire("cus" if prefix != "cus" else "mov", ids.new_id())
    return [
        other,
        right.upper(),
        right[:-1],
        f"{right}a",
        f"{prefix}_8{'z' * 25}",
        f"{prefix}_{'u' * 26}",
        f"{prefix}_",
        right.replace("_", "-"),
        right.removeprefix(f"{prefix}_"),
        f"{prefix}_{'٠' * 26}",
        "null",
        "-1",
        "%00",
        "..%2f..",
        f"{right}%00",
        "a" * 5_000,
        "'%20OR%201=1--",
    ]


async def test_an_id_of_the_wrong_kind_or_form_is_refused(town: Town, counter: shops.Bank) -> None:
    calls = requests(town, town.alice)
    offenders: list[str] = []
    async with counter.unmoved():
        for name, call in calls.items():
            if "{" not in name:
                continue
            for segment in [part for part in call.path.split("/") if "_" in part]:
                for odd in odd_ids(segment[:3]):
                    reply = await town.alice.browser.http.request(
                        call.method,
                        "https://localhost/api" + call.path.replace(segment, odd),
                        json=call.body,
                        headers={"Idempotency-Key": uuid4().hex},
                    )
                    if fault_of(reply) or reply.status_code not in {404, 405, 422}:
                        offenders.append(
                            f"{name} {odd[:40]}: {reply.status_code} {reply.text[:90]}"
                        )
    assert offenders == []
