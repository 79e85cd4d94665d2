"""A person at the API: what the app does, as calls over HTTP.

The demo and the seeding of the sandbox take the same road as a browser: cookies, a new
idempotency key for each act, the PIN for each movement of money.
"""

import asyncio
import base64
from typing import Any, Final, Self
from uuid import uuid4

import httpx

CODE_TRIES: Final = 100
CODE_PAUSE_S: Final = 0.1
PENDING_TRIES: Final = 150

Json = dict[str, Any]

# The smallest PNG there is: the sandbox's face check looks at the name, not at the face.
_PORTRAIT: Final = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
        "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
    )
).decode()


class Refused(Exception):
    """The API said no; carries its problem."""

    def __init__(self, problem: Json) -> None:
        super().__init__(f"{problem.get('code')}: {problem.get('title')}")
        self.problem = problem


def money(minor: int) -> Json:
    """An amount of fen on the wire."""
    return {"value": minor, "currency": "CNY"}


class Person:
    """One person with one browser."""

    def __init__(self, url: str, phone: str, pin: str) -> None:
        self.phone = phone
        self.pin = pin
        self.customer = ""
        self._cookies: dict[str, str] = {}
        self._client = httpx.AsyncClient(base_url=f"{url}/api", timeout=60, trust_env=False)

    async def __aenter__(self) -> Self:
        await self.get("/session")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    @property
    def cookies(self) -> dict[str, str]:
        """What a browser must hold to go on as this person."""
        return dict(self._cookies)

    async def get(self, path: str, **parameters: str) -> Json:
        """Read something."""
        return await self._call("GET", path, None, parameters)

    async def post(self, path: str, body: Json | None = None, *, key: str | None = None) -> Json:
        """Do something, once, under a key of its own."""
        return await self._call("POST", path, body or {}, {}, key or uuid4().hex)

    async def _call(
        self, method: str, path: str, body: Json | None, query: dict[str, str], key: str = ""
    ) -> Json:
        # The cookies are Secure and the sandbox speaks plain HTTP on loopback, where browsers
        # send them all the same; this client would not, so they are carried by hand.
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if key:
            headers["Idempotency-Key"] = key
        response = await self._client.request(
            method, path, json=body, params=query, headers=headers
        )
        for cookie in response.headers.get_list("set-cookie"):
            name, _, value = cookie.split(";")[0].partition("=")
            self._cookies[name] = value.strip('"')
        if response.is_error:
            raise Refused(response.json())
        found: Json = response.json() if response.content else {}
        return found

    async def sms_code(self, *, to: str | None = None, seen: int) -> str:
        """The code in the next message to a number, after those that were seen before."""
        for _ in range(CODE_TRIES):
            messages = await self._messages(to or self.phone)
            if len(messages) > seen:
                text: str = messages[-1]["text"]
                return next(run for run in _digit_runs(text) if len(run) == 6)  # noqa: PLR2004 - a code has six digits
            await asyncio.sleep(CODE_PAUSE_S)
        raise TimeoutError("no message arrived in the sandbox's inbox")

    async def messages_seen(self, to: str | None = None) -> int:
        """How many messages a number has got so far."""
        return len(await self._messages(to or self.phone))

    async def _messages(self, to: str) -> list[Json]:
        found: list[Json] = (await self.get("/sandbox/inbox", to=to))["messages"]
        return sorted(found, key=lambda message: message["sent_at"])

    async def verify_phone(self) -> Json:
        """Show that the phone is ours; tells whether there is a wallet."""
        seen = await self.messages_seen()
        challenge = (await self.post("/sign-in/codes", {"phone": self.phone, "language": "en"}))[
            "challenge"
        ]
        code = await self.sms_code(seen=seen)
        return await self.post("/sign-in", {"challenge": challenge, "code": code})

    async def open_wallet(self, *, language: str = "zh-CN") -> Json:
        """Accept the terms and choose the PIN."""
        terms = (await self.get("/session"))["terms"]["version"]
        wallet = await self.post(
            "/wallets", {"pin": self.pin, "terms_version": terms, "language": language}
        )
        self.customer = wallet["customer"]
        return wallet

    async def sign_in(self) -> None:
        """Come back: phone, code, PIN."""
        await self.verify_phone()
        session = await self.post("/sign-in/pin", {"pin": self.pin})
        self.customer = session["customer"]

    async def authorise(
        self, purpose: str, payee: str, amount: Json, order: str | None = None, **more: Json
    ) -> str:
        """Enter the PIN for exactly this."""
        granted = await self.post(
            "/authorisations",
            {
                "purpose": purpose,
                "payee": payee,
                "amount": amount,
                "order": order,
                "pin": self.pin,
                **more,
            },
        )
        authorisation: str = granted["authorisation"]
        return authorisation

    async def prove_identity(self, name: str, id_number: str) -> Json:
        """Class 4 to 3: name, resident ID number, face."""
        return await self.post(
            "/upgrades/identity", {"name": name, "id_number": id_number, "portrait": _PORTRAIT}
        )

    async def bind_card(self, card: Json) -> Json:
        """Bind a card that the sandbox's banks know."""
        seen = await self.messages_seen(card["phone"])
        binding = await self.post(
            "/cards/bindings",
            {
                "number": card["number"],
                "name": card["name"],
                "id_number": card["id_number"],
                "phone": card["phone"],
            },
        )
        code = await self.sms_code(to=card["phone"], seen=seen)
        return await self.post(f"/cards/bindings/{binding['binding']}/confirm", {"code": code})

    async def top_up(self, card: str, minor: int) -> Json:
        """Fill the wallet from a card, waiting for an outcome that is not known at once."""
        amount = money(minor)
        authorisation = await self.authorise("top_up", card, amount)
        made = await self.post(
            "/top-ups", {"card": card, "amount": amount, "authorisation": authorisation}
        )
        for _ in range(PENDING_TRIES):
            if made["state"] != "pending":
                break
            await asyncio.sleep(CODE_PAUSE_S)
            made = await self.get(f"/top-ups/{made['id']}")
        return made

    async def pay(self, payload: str, minor: int | None = None) -> Json:
        """Scan a code and pay it from the balance."""
        found = await self.post("/codes/resolve", {"payload": payload})
        amount = found["amount"] or money(minor or 0)
        order = found["order"]["order"] if found["order"] else None
        payee = found["payee"]["payee"]
        authorisation = await self.authorise("payment", payee, amount, order)
        return await self.post(
            "/payments",
            {
                "payee": payee,
                "order": order,
                "amount": amount,
                "authorisation": authorisation,
                "funding": {"kind": "balance"},
            },
        )

    async def transfer(self, phone: str, minor: int, memo: str) -> Json:
        """Send money to the holder of a phone number."""
        payee = (await self.post("/payees/lookup", {"phone": phone}))["payee"]
        amount = money(minor)
        authorisation = await self.authorise("transfer", payee, amount)
        return await self.post(
            "/transfers",
            {"payee": payee, "amount": amount, "memo": memo, "authorisation": authorisation},
        )

    async def order_transfers(self, phone: str, minor: int, memo: str, timetable: Json) -> Json:
        """Have money sent to the holder of a phone number on later days."""
        payee = (await self.post("/payees/lookup", {"phone": phone}))["payee"]
        what = {"payee": payee, "amount": money(minor), "timetable": timetable}
        authorisation = await self.authorise(
            "standing_order", payee, what["amount"], timetable=timetable
        )
        return await self.post(
            "/standing-orders", {**what, "memo": memo, "authorisation": authorisation}
        )


def _digit_runs(text: str) -> list[str]:
    return "".join(c if c.isascii() and c.isdigit() else " " for c in text).split()
