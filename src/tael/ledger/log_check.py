"""Whether the log holds what was posted: each entry recomputed from the books."""

from typing import Final
from uuid import UUID

from tael import audit
from tael.kernel.database import ReadSession
from tael.ledger.commitments import entry
from tael.ledger.sequencer import movements_of

LEAVES_AT_ONCE: Final = 4_000
DIFFERENCES_MAX: Final = 1_000
_NOBODY: Final = UUID(int=0)


async def check_log(session: ReadSession, *, since: UUID = _NOBODY) -> list[audit.Difference]:
    """Compare every movement's entry in the log with the books, and the books with the log.

    `since` leaves out what is older: movements whose month was detached are not in the books
    any more. Run it in a snapshot; what waits in the queue is no difference.
    """
    found: list[audit.Difference] = []
    after = since
    while leaves := await audit.leaves_after(session, after, limit=LEAVES_AT_ONCE):
        after = leaves[-1].subject
        posted = {
            act.id: (act, sides)
            for act, sides in await movements_of(session, [leaf.subject for leaf in leaves])
        }
        for leaf in leaves:
            movement = posted.get(leaf.subject)
            expected = entry(leaf.salt, *movement).hex() if movement else "no movement"
            if expected != leaf.entry.hex():
                subject = f"movement {leaf.subject}"
                found.append(audit.Difference("log.movement", subject, expected, leaf.entry.hex()))
        if len(found) >= DIFFERENCES_MAX:
            return found[:DIFFERENCES_MAX]
    unlogged = await session.fetch(
        """
        SELECT m.id
        FROM ledger_movements AS m
        WHERE m.id > $1
          AND NOT EXISTS (SELECT FROM audit_leaves AS l WHERE l.subject = m.id)
          AND NOT EXISTS (
              SELECT
              FROM ledger_unsequenced AS q, unnest(q.movements) AS waiting (id)
              WHERE waiting.id = m.id
          )
        LIMIT $2
        """,
        since,
        DIFFERENCES_MAX,
    )
    found += [
        audit.Difference("log.movement", f"movement {row['id']}", "an entry", "none")
        for row in unlogged
    ]
    return found[:DIFFERENCES_MAX]
