"""What the log publishes, as it goes over the wire: tiles, entries, proofs of growth.

The formats are C2SP's (tlog-tiles, tlog-proof, and the submission of tlog-witness for a
checkpoint with the proof that it follows an older one), so that anybody's tools read them.
"""

import base64
from itertools import pairwise

from tael.audit import queries
from tael.audit.errors import NoCheckpoint, NoSuchTile
from tael.audit.queries import DAYS_MAX, Checkpoint, Inclusion
from tael.audit.tiles import bundle_octets, parse_number, parse_tile
from tael.audit.witnesses import submission
from tael.kernel.database import ReadSession


async def tile(session: ReadSession, level: str, rest: str) -> bytes:
    """The hashes of the tile at `<L>/<N>[.p/<W>]`; refuses `audit.no_such_tile`."""
    address = parse_tile(level, rest)
    if address is None:
        raise NoSuchTile
    return await queries.tile(session, address)


async def entries(session: ReadSession, rest: str) -> bytes:
    """The bundle of entries at `<N>[.p/<W>]`; refuses `audit.no_such_tile`."""
    parsed = parse_number(rest)
    if parsed is None:
        raise NoSuchTile
    return bundle_octets(await queries.bundle(session, *parsed))


async def growth_since(session: ReadSession, old: int, new: int | None = None) -> str:
    """The newest checkpoint, or that of `new` leaves, with the proof that it follows `old`.

    Refuses `audit.no_checkpoint`.
    """
    later = await queries.checkpoint(session, new)
    if not 0 < old <= later.size:
        raise NoCheckpoint
    hashes = await queries.consistency(session, old, later.size)
    return submission(old, hashes, later.note)


async def linked_days(
    session: ReadSession, *, limit: int = DAYS_MAX
) -> list[tuple[Checkpoint, str]]:
    """The last checkpoint of each day, newest first, each proven to follow the day before's.

    The first day of the log follows nothing: its text is the checkpoint alone.
    """
    days = await queries.days(session, limit=limit)
    proofs = await queries.chain(session, [day.size for day in reversed(days)]) if days else []
    links = [
        (later, submission(earlier.size, hashes, later.note))
        for (later, earlier), hashes in zip(pairwise(days), reversed(proofs), strict=True)
    ]
    return [*links, (days[-1], days[-1].note)] if days else []


def inclusion_text(inclusion: Inclusion) -> str:
    """The proof that an entry is in the log, as a C2SP tlog-proof."""
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in inclusion.proof)
    return (
        f"c2sp.org/tlog-proof@v1\nindex {inclusion.position}\n{hashes}\n{inclusion.checkpoint.note}"
    )
