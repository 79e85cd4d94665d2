"""One request at the edge: who asks, with which key; where its transactions begin and end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from tael import identity
from tael.http import problems
from tael.http.batching import Batched, Command, Outcome
from tael.http.cookies import SESSION_COOKIE, STAFF_COOKIE, clear_session, set_session
from tael.http.services import Services
from tael.http.statuses import STATUS
from tael.kernel import idempotency, rate_limits
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import WriteSession
from tael.kernel.idempotency import Claim, InProgress, Key, Reply
from tael.kernel.refusals import Advice, Refusal
from tael.staff import Actor, StaffView

CREATED: Final = 201
NO_CONTENT: Final = 204
DEADLOCK_TRIES: Final = 3
TWIN_TRIES: Final = 40
TWIN_PAUSE_S: Final = 0.1

_SIGN_OUT: Final = b"sign-out"
_COOKIE_SEAL: Final = {SESSION_COOKIE: "http.cookie", STAFF_COOKIE: "http.cookie.staff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply that also signs the browser in (with a new token) or out.

    With `refused` it is that refusal, and what was written beside it stays.
    """

    model: BaseModel | None
    token: bytes | None = None
    sign_out: bool = False
    refused: Refusal | None = None


Act = Callable[[WriteSession, datetime], Awaitable[BaseModel | Answer | None]]
"""A use case with its arguments bound: takes the transaction and the business time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What a handler gets for one request."""

    services: Services
    request: Request
    device_id: UUID
    session: identity.SessionView | None
    key: Key | None
    staff: StaffView | None = None
    cookie: str = SESSION_COOKIE
    """Which cookie this operation's answers sign in or out."""

    @property
    def customer_id(self) -> UUID:
        """Who is signed in. Only where the guard is `SignedIn`."""
        assert self.session is not None
        assert self.session.customer_id is not None
        return self.session.customer_id

    @property
    def view(self) -> identity.SessionView:
        """The session. Only where the guard is `Signed` or `SignedIn`."""
        assert self.session is not None
        return self.session

    @property
    def bearer(self) -> identity.Bearer:
        """Who presents an authorisation. Only where the guard is `SignedIn`."""
        return identity.Bearer(self.customer_id, self.view.session_id)

    @property
    def colleague(self) -> StaffView:
        """Who of our staff is signed in. Only where the guard asks for it."""
        assert self.staff is not None
        return self.staff

    @property
    def actor(self) -> Actor:
        """Who of our staff acts, in which request. Only where the guard asks for it."""
        return Actor(self.colleague.staff_id, problems.request_id_of(self.request))

    @property
    def address(self) -> str:
        """The caller's network address, for rate limits."""
        return self.request.client.host if self.request.client else "unknown"

    async def limit(self, bucket: str, *, limit: int, window_s: int) -> None:
        """Count an attempt in one bucket, as `count` does; refuses `request.too_many`."""

        async def take(session: WriteSession) -> None:
            await rate_limits.take(
                session, bucket, limit=limit, window_s=window_s, now=machine_now()
            )

        await self.count(take)

    async def count(self, take: Callable[[WriteSession], Awaitable[None]]) -> None:
        """Count an attempt in a transaction of its own, once a key; raises what `take` refuses.

        A retry and a twin are the same attempt: they wait for the first and count nothing. Called
        once a request at most, before its key is claimed.
        """
        refused: Refusal | None = None
        async with self.services.database.write() as session:
            if self.key is not None and not await idempotency.announce(session, self.key):
                return
            try:
                await take(session)
            except Refusal as refusal:
                refused = refusal
                if self.key is not None:
                    await idempotency.answer(session, self.key, self._refused(refusal))
        # The count is committed either way.
        if refused is not None:
            raise refused

    async def once(self, act: Act, *, status: int = 200) -> Response:
        """Run an act in one transaction under the idempotency key, and keep its reply.

        A replay gets the stored bytes. A refusal undoes the act but keeps its reply, unless
        it advises the same key: then nothing is kept.
        """
        for remaining in reversed(range(DEADLOCK_TRIES)):
            try:
                return await self._once(act, status=status)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                if not remaining:
                    raise
        raise AssertionError("the loop returns or raises")

    async def _once(self, act: Act, *, status: int) -> Response:
        key = self._required_key()
        async with self.services.database.write() as session:
            claim = await idempotency.claim(session, key)
            if claim.reply is not None:
                return self.respond(claim.reply)
            now = await business_now(session)
            try:
                async with session.savepoint():
                    reply = self._reply(await act(session, now), status)
            except Refusal as refusal:
                if refusal.advice is Advice.SAME_KEY:
                    raise
                reply = self._refused(refusal)
            await idempotency.answer(session, key, reply)
        return self.respond(reply)

    async def steps(
        self,
        begin: Callable[[WriteSession, datetime], Awaitable[UUID]],
        finish: Callable[[UUID], Awaitable[BaseModel | Answer | None]],
        *,
        status: int = 200,
    ) -> Response:
        """Work of several transactions under one key: `begin` commits, then `finish` runs.

        `begin` returns the id of what it began. `finish` must be safe to run again: after a
        crash, a retry with the same key takes the id from the key's row and finishes it.
        """
        key = self._required_key()
        claim = await self._claim(key, begin)
        if claim.reply is not None:
            return self.respond(claim.reply)
        assert claim.subject is not None
        try:
            reply = self._reply(await finish(claim.subject), status)
        except Refusal as refusal:
            if refusal.advice is Advice.SAME_KEY:
                await self._let_go(key)
                raise
            reply = self._refused(refusal)
        except BaseException:
            await asyncio.shield(self._let_go(key))
            raise
        async with self.services.database.write() as session:
            standing = await idempotency.answer(session, key, reply)
        return self.respond(standing)

    async def _claim(
        self, key: Key, begin: Callable[[WriteSession, datetime], Awaitable[UUID]]
    ) -> Claim:
        """Take the key and begin, waiting for a twin that is at it."""
        for remaining in reversed(range(TWIN_TRIES)):
            try:
                async with self.services.database.write() as session:
                    claim = await idempotency.claim(session, key)
                    if claim.reply is not None or claim.subject is not None:
                        return claim
                    now = await business_now(session)
                    try:
                        async with session.savepoint():
                            subject = await begin(session, now)
                    except Refusal as refusal:
                        if refusal.advice is Advice.SAME_KEY:
                            raise
                        reply = self._refused(refusal)
                        await idempotency.answer(session, key, reply)
                        return Claim(reply=reply)
                    await idempotency.begin(session, key, subject)
                    return Claim(reply=None, subject=subject)
            except InProgress:
                if not remaining:
                    raise
                await asyncio.sleep(TWIN_PAUSE_S)
        raise AssertionError("the loop returns or raises")

    async def _let_go(self, key: Key) -> None:
        async with self.services.database.write() as session:
            await idempotency.let_go(session, key)

    async def settle(self, batched: Batched[Command, Outcome], command: Command) -> Response:
        """Hand a hot command to its committer, to be settled with what else is waiting."""
        reply = await batched.submit(
            self._required_key(), command, request_id=problems.request_id_of(self.request)
        )
        return self.respond(reply)

    def respond(self, reply: Reply) -> Response:
        """A stored reply as it goes out, its cookies included."""
        refused = reply.status >= 400  # noqa: PLR2004 - HTTP's border between yes and no
        response = Response(
            reply.body,
            status_code=reply.status,
            media_type=problems.MEDIA_TYPE if refused else "application/json",
        )
        if reply.sealed_cookies is not None:
            context = _COOKIE_SEAL[self.cookie]
            opened = self.services.sealer.unseal(reply.sealed_cookies, context=context)
            if opened == _SIGN_OUT:
                clear_session(response, self.cookie)
            else:
                set_session(response, opened, self.cookie)
        return response

    def _reply(self, outcome: BaseModel | Answer | None, status: int) -> Reply:
        answer = outcome if isinstance(outcome, Answer) else Answer(model=outcome)
        if answer.refused is not None:
            return self._refused(answer.refused)
        secret = _SIGN_OUT if answer.sign_out else answer.token
        context = _COOKIE_SEAL[self.cookie]
        sealed = self.services.sealer.seal(secret, context=context) if secret else None
        body = answer.model.model_dump_json().encode() if answer.model is not None else b""
        return Reply(status if body else NO_CONTENT, body, sealed)

    def _refused(self, refusal: Refusal) -> Reply:
        request_id = problems.request_id_of(self.request)
        return Reply(STATUS[refusal.code], problems.body(refusal, request_id=request_id))

    def _required_key(self) -> Key:
        assert self.key is not None, "the guard of an unsafe operation reads the key"
        return self.key
