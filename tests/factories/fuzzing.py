"""Schemathesis over the running app: every operation of its OpenAPI document, in this process.

The engine works in a thread of its own and asks an ASGI app; ours runs in the test's event
loop. `Bridge` is the app that it asks: it hands each request over, with the cookies of whom the
request shall come from and a key that was not used before.
"""

import asyncio
import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import schemathesis
from fastapi import FastAPI
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from factories.identity import Browser

_KEY = re.compile(rb"[A-Za-z0-9_-]{8,64}")
Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One broken promise, and the request that broke it."""

    operation: str
    what: str
    request: str = ""
    reply: str = ""


class Bridge:
    """The app as somebody in particular asks it."""

    def __init__(
        self, app: FastAPI, who: Browser | None, instead: dict[str, Browser] | None = None
    ) -> None:
        """`instead` names who asks for the operations at some paths."""
        self._app = app
        self._who = who
        self._instead = instead or {}
        self._loop = asyncio.get_running_loop()
        self.asked = 0

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
        """Serve one request of the engine's, in the loop that the app lives in."""
        if scope["type"] != "http":
            raise NotImplementedError("this app has started already")
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked = asyncio.run_coroutine_threadsafe(self._serve(scope, body), self._loop)
        for message in await asyncio.wrap_future(asked):
            await send(message)

    async def _serve(self, scope: Message, body: bytes) -> Sequence[Message]:
        self.asked += 1
        who = self._instead.get(scope["path"], self._who)
        headers = [
            (name, uuid4().hex.encode() if _is_good_key(name, value) else value)
            for name, value in scope["headers"]
            if name != b"cookie"
        ]
        if who is not None:
            cookies = "; ".join(f"{name}={value}" for name, value in who.http.cookies.items())
            headers.append((b"cookie", cookies.encode()))
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        replied: list[Message] = []

        async def receive() -> Message:
            return unread.pop() if unread else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            replied.append(message)

        handed = {**scope, "headers": headers, "client": ("127.0.0.1", 1), "state": {}}
        await self._app(handed, receive, send)
        return replied


def _is_good_key(name: bytes, value: bytes) -> bool:
    return name == b"idempotency-key" and _KEY.fullmatch(value) is not None


def faults(bridge: Bridge, *, examples: int, seed: int) -> Iterator[Found]:
    """Run every phase but the stateful one; call it in a thread."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "generation": {
                "max-examples": examples,
                "no-shrink": True,
                "deterministic": True,
                "with-security-parameters": False,
            },
            "phases": {"stateful": {"enabled": False}},
            "checks": {
                # Refused or taken, by the rules of the bank: our own tests say which.
                "positive_data_acceptance": {"enabled": False},
                "negative_data_rejection": {"enabled": False},
                "missing_required_header": {"enabled": False},
                # The engine does not know whose cookies the bridge sends.
                "ignored_auth": {"enabled": False},
                "status_code_conformance": {"enabled": True},
            },
            "operations": [{"include-path": "/api/events", "enabled": False}],
        }
    )
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", bridge, config=config)
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield Found("the run itself", str(event))
        if isinstance(event, events.ScenarioFinished):
            yield from _failures(event)


def _failures(event: events.ScenarioFinished) -> Iterator[Found]:
    recorder = event.recorder
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                asked = recorder.cases[case_id].value.as_curl_command()
                kept = recorder.interactions.get(case_id)
                reply = kept.response if kept else None
                shown = f"{reply.status_code} {reply.text[:300]}" if reply else "no reply"
                yield Found(recorder.label, f"{failure.title}: {failure.message}", asked, shown)
