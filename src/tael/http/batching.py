"""Hot operations at the edge: many requests, one transaction, each its own stored reply.

The composer of the kernel's parts: the committer collects commands, idempotency answers the
keys that were used before, the domain's batched use case settles the rest, and the replies
are stored in the same transaction.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from tael.http import problems
from tael.http.statuses import STATUS
from tael.kernel import idempotency
from tael.kernel.clock import business_now
from tael.kernel.committer import Committer
from tael.kernel.database import Database, WriteSession
from tael.kernel.idempotency import Key, KeyReused, Reply
from tael.kernel.refusals import Advice, Refusal
from tael.kernel.turns import in_turns

Command = TypeVar("Command")
Outcome = TypeVar("Outcome")

UseCase: TypeAlias = Callable[
    [WriteSession, Sequence[Command], datetime], Awaitable[Sequence[Outcome | Refusal]]
]
"""Settles a set of commands at the business time; a refusal is an outcome like another."""


class _Keyed(NamedTuple, Generic[Command]):
    key: Key
    command: Command
    request_id: str | None


class Batched(Generic[Command, Outcome]):
    """One hot operation: its use case, how its outcomes look on the wire, its committer."""

    def __init__(
        self,
        database: Database,
        use_case: UseCase[Command, Outcome],
        present: Callable[[Outcome], bytes],
        *,
        name: str,
        status: int = 201,
    ) -> None:
        self._use_case = use_case
        self._present = present
        self._status = status
        self._committer: Committer[_Keyed[Command], Reply | Refusal] = Committer(
            database, self._settle, name=name, recover=_recover
        )

    async def submit(self, key: Key, command: Command, *, request_id: str | None) -> Reply:
        """Settle one request with whatever else is waiting; raises what is not to be stored."""
        answer = await self._committer.submit(_Keyed(key, command, request_id))
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def submit_many(
        self, requests: Sequence[tuple[Key, Command]], *, request_id: str | None
    ) -> list[Reply | Refusal]:
        """Settle many requests of one caller as a set of their own; their answers in order."""
        return await self._committer.submit_many(
            [_Keyed(key, command, request_id) for key, command in requests]
        )

    async def close(self) -> None:
        """Settle what is waiting, and take no more."""
        await self._committer.close()

    async def _settle(
        self, session: WriteSession, requests: Sequence[_Keyed[Command]]
    ) -> Sequence[Reply | Refusal]:
        answered: dict[Key, Reply | Refusal] = dict(
            await idempotency.find(session, [request.key for request in requests])
        )
        fresh = _first_of_each(requests, answered)
        now = await business_now(session)
        outcomes = await self._use_case(session, [request.command for request in fresh], now)
        to_store: list[tuple[Key, Reply]] = []
        # The use case's writes may still go on behind; the replies are made meanwhile.
        async for some in in_turns(list(zip(fresh, outcomes, strict=True))):
            for request, outcome in some:
                answer = self._answer(outcome, request.request_id)
                answered[request.key] = answer
                if isinstance(answer, Reply):
                    to_store.append((request.key, answer))
        await idempotency.store(session, to_store)
        return [_of(request.key, answered) for request in requests]

    def _answer(self, outcome: Outcome | Refusal, request_id: str | None) -> Reply | Refusal:
        if not isinstance(outcome, Refusal):
            return Reply(self._status, self._present(outcome))
        if outcome.advice is Advice.SAME_KEY:
            return outcome
        return Reply(STATUS[outcome.code], problems.body(outcome, request_id=request_id))


def _first_of_each(
    requests: Sequence[_Keyed[Command]], answered: dict[Key, Reply | Refusal]
) -> list[_Keyed[Command]]:
    """The requests that are ours to settle: a key that came twice is settled once."""
    taken = {(key.scope, key.digest) for key in answered}
    fresh = []
    for request in requests:
        name = (request.key.scope, request.key.digest)
        if name not in taken:
            taken.add(name)
            fresh.append(request)
    return fresh


def _of(key: Key, answered: dict[Key, Reply | Refusal]) -> Reply | Refusal:
    """What this key gets: a twin with another request under the same key gets a refusal."""
    return answered.get(key) or KeyReused()


async def _recover(
    session: WriteSession, requests: Sequence[_Keyed[Command]]
) -> Sequence[Reply | Refusal | None]:
    """What a lost commit had written for these keys."""
    answered = await idempotency.find(session, [request.key for request in requests])
    return [answered.get(request.key) for request in requests]
