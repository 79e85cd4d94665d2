"""Would it work? Told by doing it and undoing it: the same code as the act itself."""

from collections.abc import Awaitable

from tael.kernel.database import WriteSession
from tael.kernel.refusals import Refusal


class _Undone(Exception):
    """Ends a rehearsal whose act went through."""


async def rehearse(session: WriteSession, act: Awaitable[object]) -> Refusal | None:
    """Run an act inside a savepoint that is always rolled back; what it refused, if anything."""
    try:
        await _undo(session, act)
    except _Undone:
        return None
    except Refusal as refusal:
        return refusal
    raise AssertionError("a rehearsal is always undone")


async def _undo(session: WriteSession, act: Awaitable[object]) -> None:
    async with session.savepoint():
        await act
        raise _Undone
