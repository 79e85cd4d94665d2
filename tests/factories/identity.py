"""People with browsers and phones, through the front door."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from tael.http.cookies import SESSION_COOKIE
from tael.kernel import ids
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.notifications.sms import deliver

PHONE = "13800001234"
OTHER_PHONE = "13900005678"
PIN = "804219"
OTHER_PIN = "730582"


class Handsets:
    """Everybody's phones: the SMS gateway's other end, in memory."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._sealer = settings.sealer()
        self.messages: list[tuple[str, str]] = []
        self._seen: set[UUID] = set()

    async def send(self, message_id: UUID, to: str, text: str) -> None:
        """Take a message; a repeat of an id is no second message."""
        if message_id not in self._seen:
            self._seen.add(message_id)
            self.messages.append((to, text))

    async def texts(self, phone: str) -> list[str]:
        """What a phone has received so far, oldest first."""
        await deliver(self._database, self, self._sealer)
        return [text for to, text in self.messages if to.endswith(phone)]

    async def code(self, phone: str) -> str:
        """The code in the newest message to a phone."""
        found = re.search(r"\d{6}", (await self.texts(phone))[-1])
        assert found, "the newest message holds a code"
        return found.group()


@dataclass
class Browser:
    """A browser: its cookies, and a fresh key for every unsafe call unless told otherwise."""

    http: httpx.AsyncClient
    handsets: Handsets
    phone: str = PHONE
    pin: str = PIN
    customer: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> httpx.Response:
        """Ask."""
        return await self.http.get(f"/api{path}")

    async def post(
        self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """Act."""
        return await self.http.post(
            f"/api{path}",
            json=body or {},
            headers={"Idempotency-Key": key or uuid4().hex, **self.headers},
        )

    @property
    def token(self) -> str:
        """The session token that the browser shows."""
        return self.http.cookies[SESSION_COOKIE]

    def show(self, token: str) -> None:
        """Show this session token from now on."""
        jar = self.http.cookies.jar
        for cookie in [each for each in jar if each.name == SESSION_COOKIE]:
            jar.clear(cookie.domain, cookie.path, cookie.name)
        # The jar's own name for a host without dots.
        self.http.cookies.set(SESSION_COOKIE, token, domain="localhost.local")

    async def begin(self) -> None:
        """Get the device cookie."""
        assert (await self.get("/session")).status_code == 200

    async def challenge(self, phone: str | None = None) -> str:
        """Ask for a code to sign in; the challenge's id."""
        reply = await self.post("/sign-in/codes", {"phone": phone or self.phone})
        assert reply.status_code == 202, reply.text
        challenge: str = reply.json()["challenge"]
        return challenge

    async def confirm_phone(self) -> dict[str, Any]:
        """Ask for a code and enter it; the session."""
        challenge = await self.challenge()
        code = await self.handsets.code(self.phone)
        reply = await self.post("/sign-in", {"challenge": challenge, "code": code})
        assert reply.status_code == 200, reply.text
        session: dict[str, Any] = reply.json()
        return session

    async def sign_up(self) -> "Browser":
        """Open a wallet; the browser is signed in afterwards."""
        await self.begin()
        session = await self.confirm_phone()
        reply = await self.post(
            "/wallets",
            {
                "pin": self.pin,
                "terms_version": session["terms"]["version"],
                "language": "zh-CN",
            },
        )
        assert reply.status_code == 201, reply.text
        self.customer = reply.json()["customer"]
        return self

    async def sign_in(self) -> "Browser":
        """Sign in to a wallet that is there."""
        await self.begin()
        await self.confirm_phone()
        reply = await self.post("/sign-in/pin", {"pin": self.pin})
        assert reply.status_code == 200, reply.text
        self.customer = reply.json()["customer"]
        return self

    async def authorise(self, **asked: Any) -> httpx.Response:  # noqa: ANN401 - a JSON body
        """Enter the PIN for an act: by default a transfer of 1.00 to somebody."""
        body = {
            "purpose": "transfer",
            "payee": ids.wire("cus", ids.new_id()),
            "amount": {"value": 100, "currency": "CNY"},
            "pin": self.pin,
            **asked,
        }
        return await self.post("/authorisations", body)

    async def authorised(self, **asked: Any) -> str:  # noqa: ANN401 - a JSON body
        """The same, for tests in which the PIN is right; the authorisation's id."""
        reply = await self.authorise(**asked)
        assert reply.status_code == 201, reply.text
        authorisation: str = reply.json()["authorisation"]
        return authorisation
