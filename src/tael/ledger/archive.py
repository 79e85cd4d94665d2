"""Old months: written to files, detached, and gone on from.

A month of entries is the partition of the movements whose ids were made in it. To archive it is
to write its rows to files, to keep what recomputing starts from (each account's balance after
the entries that left), to sign a manifest of it all with the transparency log's key, and to detach
both tables without holding anybody up. The steps can be taken again after a crash between any
two. The newest archived month can be attached again.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from tael.kernel.database import ReadSession, Row
from tael.kernel.faults import OperatorFault
from tael.kernel.owner import OwnerSession
from tael.ledger.as_of import COUNTS_FROM

STRAYS_MAX: Final = 100_000
"""More entries that leave before earlier ones of their accounts mean that ids were made wrongly."""

ID_LIFE: Final = timedelta(days=7)
"""An id is made before its movement is posted, and a card's bank may leave us waiting: so long a
month is kept after its end, because what has an id of a detached month can no longer be posted."""

Sign = Callable[[str], str]
"""Makes a signed note of a text."""

_FIRST: Final = UUID(int=0)


class CannotArchive(OperatorFault):
    """The month cannot be archived now; the message says why."""


class ArchiveBroken(OperatorFault):
    """The files of an archived month are not what was signed."""


@dataclass(frozen=True, slots=True)
class ArchivedMonth:
    """A month that has left, and what its files are known by."""

    month: date
    movements: int
    postings: int
    accounts: int
    digest: bytes
    signed: bool


def suffix_of(month: date) -> str:
    """How a month's tables and files are named."""
    return f"{month:%Y_%m}"


async def months_before(session: ReadSession, before: date) -> list[date]:
    """The months before this one whose entries are still attached, or only half detached."""
    rows = await session.fetch(
        """
        SELECT DISTINCT to_date(right(c.relname, 7), 'YYYY_MM') AS month
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('ledger_movements'::regclass, 'ledger_postings'::regclass)
        ORDER BY month
        """
    )
    return [row["month"] for row in rows if row["month"] < before]


async def archive_month(
    session: OwnerSession, month: date, folder: Path, sign: Sign | None, *, now: datetime
) -> ArchivedMonth:
    """Write a month to files, keep its closings, detach it. Takes up where a crash left it.

    Raises `CannotArchive` for a month that is not over, has days that are not closed, or
    movements that are not in the transparency log yet; months leave in their order.
    """
    suffix = suffix_of(month)
    known = await session.fetchrow("SELECT * FROM ledger_partition_closes WHERE month = $1", month)
    if known is None:
        await _refuse(session, month, now)
        await _write_files(session, suffix, folder)
        await _keep(session, month, folder, sign, now)
    for entries in ("ledger_postings", "ledger_movements"):
        await _detach(session, entries, suffix)
    await session.execute(
        """
        UPDATE ledger_partition_closes
        SET detached_at = $2
        WHERE month = $1 AND detached_at IS NULL
        """,
        month,
        now,
    )
    return await _told(session, month)


async def _refuse(session: OwnerSession, month: date, now: datetime) -> None:
    upper = await session.fetchval(_UPPER, month)
    settled = (now - ID_LIFE).date()
    if await session.fetchval("SELECT ledger_month_start($1::date) < $2", settled, upper):
        raise CannotArchive(f"{month:%Y-%m} is not over for {ID_LIFE.days} days.")
    earlier = await months_before(session, month)
    if earlier:
        raise CannotArchive(f"{earlier[0]:%Y-%m} has to leave first.")
    waiting = await session.fetchval(
        """
        SELECT EXISTS (
            SELECT
            FROM ledger_unsequenced AS q, unnest(q.movements) AS waiting (id)
            WHERE waiting.id < $1
        )
        """,
        upper,
    )
    if waiting:
        raise CannotArchive("Some of its movements are not in the transparency log yet.")
    table = f"ledger_movements_{suffix_of(month)}"
    open_days = await session.fetchval(
        f"""
        SELECT EXISTS (
            SELECT
            FROM {table}
            WHERE business_day > coalesce((SELECT max(day) FROM ledger_day_closes), '-infinity')
        )
        """  # noqa: S608 - a table of ours, named by a date
    )
    if open_days:
        raise CannotArchive("Some of its days are not closed: run `tael ledger close-day`.")


_UPPER: Final = "SELECT ledger_month_start(($1::date + interval '1 month')::date)"


async def _write_files(session: OwnerSession, suffix: str, folder: Path) -> None:
    _make(folder)
    for entries, order in (("ledger_movements", "id"), ("ledger_postings", "movement_id, line")):
        path = folder / f"{entries}_{suffix}.csv"
        draft = path.with_suffix(".draft")
        await session.copy_out(
            f"SELECT * FROM {entries}_{suffix} ORDER BY {order}",  # noqa: S608 - names of ours
            draft,
        )
        draft.replace(path)


# What leaves, and what of it follows on what has left before without a gap.
def _leaving(suffix: str) -> str:
    return f"""
WITH bases AS (
    SELECT DISTINCT ON (currency, account) currency, account, postings, posted_at
    FROM ledger_closings
    ORDER BY currency, account, month DESC
), leaving AS (
    SELECT p.currency, p.debit AS account, p.debit_seq AS sequence, p.movement_id, m.at,
           {COUNTS_FROM} AS effective_from, -p.amount AS change, p.debit_balance AS balance,
           false AS kept
    FROM ledger_postings_{suffix} AS p
    JOIN ledger_movements_{suffix} AS m ON m.id = p.movement_id
    UNION ALL
    SELECT p.currency, p.credit, p.credit_seq, p.movement_id, m.at, {COUNTS_FROM}, p.amount,
           p.credit_balance, false
    FROM ledger_postings_{suffix} AS p
    JOIN ledger_movements_{suffix} AS m ON m.id = p.movement_id
    UNION ALL
    SELECT currency, account, sequence, movement_id, at, effective_from, change, balance, true
    FROM ledger_closing_strays
), placed AS (
    SELECT l.*, b.posted_at AS base_at,
           l.sequence - row_number() OVER (
               PARTITION BY l.currency, l.account ORDER BY l.sequence
           ) = coalesce(b.postings, 0) AS follows
    FROM leaving AS l
    LEFT JOIN bases AS b ON b.currency = l.currency AND b.account = l.account
    WHERE l.sequence > coalesce(b.postings, 0)
)
"""  # noqa: S608 - names and columns of ours


_CLOSINGS: Final = """
INSERT INTO ledger_closings (currency, account, month, postings, balance, posted_at)
SELECT DISTINCT ON (currency, account)
       currency, account, $1, sequence, balance,
       greatest(base_at, max(at) OVER (PARTITION BY currency, account))
FROM placed
WHERE follows
ORDER BY currency, account, sequence DESC
"""

_STRAYS: Final = """
INSERT INTO ledger_closing_strays
    (currency, account, sequence, month, movement_id, at, effective_from, change, balance)
SELECT currency, account, sequence, $1, movement_id, at, effective_from, change, balance
FROM placed
WHERE NOT follows AND NOT kept
"""


async def _keep(
    session: OwnerSession, month: date, folder: Path, sign: Sign | None, now: datetime
) -> None:
    """Keep the closings and the signed manifest, all or none; the note is written beside."""
    suffix = suffix_of(month)
    upper: UUID = await session.fetchval(_UPPER, month)
    async with session.atomically():
        counted = await session.fetchrow(
            f"""
            SELECT (SELECT count(*) FROM ledger_movements_{suffix}) AS movements,
                   (SELECT count(*) FROM ledger_postings_{suffix}) AS postings
            """  # noqa: S608 - names of ours
        )
        assert counted is not None
        await session.execute(
            """
            INSERT INTO ledger_partition_closes
                (month, lower_id, upper_id, movements, postings, closed_at, digest, manifest)
            SELECT $1::date, coalesce((
                       SELECT upper_id
                       FROM ledger_partition_closes
                       ORDER BY month DESC
                       LIMIT 1
                   ), $2), $3, $4, $5, $6, $7, ''
            """,
            month,
            _FIRST,
            upper,
            counted["movements"],
            counted["postings"],
            now,
            bytes(hashlib.sha256().digest_size),
        )
        leaving = _leaving(suffix)
        # Strays first: they are told from what was kept before this month.
        strayed = int((await session.execute(leaving + _STRAYS, month)).rpartition(" ")[2])
        if strayed > STRAYS_MAX:
            raise CannotArchive(f"{strayed} entries would leave before earlier ones.")
        await session.execute(leaving + _CLOSINGS, month)
        text = await _manifest(session, month, folder, counted)
        note = sign(text) if sign else None
        await session.execute(
            """
            UPDATE ledger_partition_closes
            SET digest = $2, manifest = $3, signature = $4,
                last_at = (SELECT max(posted_at) FROM ledger_closings AS c WHERE c.month = $1)
            WHERE month = $1
            """,
            month,
            hashlib.sha256(text.encode()).digest(),
            text,
            note,
        )
        (folder / f"ledger_{suffix}.note").write_text(note or text, encoding="utf-8")


async def _manifest(session: ReadSession, month: date, folder: Path, counted: Row) -> str:
    """What is signed: counts, the files' digests, and the digest of the closings."""
    suffix = suffix_of(month)
    closings = await session.fetch(
        """
        SELECT currency, account, postings, balance, posted_at
        FROM ledger_closings
        WHERE month = $1
        ORDER BY currency, account
        """,
        month,
    )
    lines = [
        f"{row['currency']} {row['account']} {row['postings']} {row['balance']} "
        f"{row['posted_at'].isoformat()}\n"
        for row in closings
    ]
    path = folder / f"ledger_closings_{suffix}.txt"
    path.write_text("".join(lines), encoding="utf-8")
    files = [folder / f"ledger_{name}_{suffix}.csv" for name in ("movements", "postings")]
    return "".join(
        [
            "tael ledger month\n",
            f"{month:%Y-%m}\n",
            f"movements {counted['movements']}\n",
            f"postings {counted['postings']}\n",
            f"accounts {len(closings)}\n",
            *(f"sha256 {_sha256(file)} {file.name}\n" for file in [*files, path]),
        ]
    )


async def _detach(session: OwnerSession, entries: str, suffix: str) -> None:
    """Detach one table without holding anybody up; finish what a crash left half done."""
    state = await session.fetchrow(
        """
        SELECT i.inhdetachpending AS pending
        FROM pg_inherits AS i
        WHERE i.inhparent = $1::regclass AND i.inhrelid = $2::regclass
        """,
        entries,
        f"{entries}_{suffix}",
    )
    if state is not None:
        how = "FINALIZE" if state["pending"] else "CONCURRENTLY"
        await session.execute(f"ALTER TABLE {entries} DETACH PARTITION {entries}_{suffix} {how}")
    # The guard of the rows was the parent's and went with it.
    await session.execute(
        f"""
        CREATE OR REPLACE TRIGGER {entries}_stay BEFORE UPDATE OR DELETE ON {entries}_{suffix}
            FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()
        """
    )


async def attach_month(session: OwnerSession, month: date, folder: Path) -> None:
    """Attach the newest archived month again, from its tables or else from its checked files.

    Holds up no reader and no writer for longer than a look at the catalogue: the bounds are known
    to hold by a constraint that the tables carry.
    """
    newest = await session.fetchval("SELECT max(month) FROM ledger_partition_closes")
    if newest != month:
        raise CannotArchive("Only the newest archived month can be attached again.")
    suffix = suffix_of(month)
    dropped = await session.fetchval("SELECT to_regclass($1) IS NULL", f"ledger_movements_{suffix}")
    if dropped:
        await check_files(session, month, folder)
        await _load(session, suffix, folder)
    bounds = await session.fetchrow(
        "SELECT lower_id, upper_id FROM ledger_partition_closes WHERE month = $1", month
    )
    assert bounds is not None
    async with session.atomically():
        for entries in ("ledger_movements", "ledger_postings"):
            await session.execute(f"DROP TRIGGER IF EXISTS {entries}_stay ON {entries}_{suffix}")
            await session.execute(
                f"ALTER TABLE {entries} ATTACH PARTITION {entries}_{suffix} "
                f"FOR VALUES FROM ('{bounds['lower_id']}') TO ('{bounds['upper_id']}')"
            )
        if dropped:
            await session.execute("SELECT ledger_guard_month($1)", suffix)
        for table in ("ledger_closing_strays", "ledger_closings", "ledger_partition_closes"):
            await session.execute(
                f"DELETE FROM {table} WHERE month = $1",  # noqa: S608 - names of ours
                month,
            )


async def _load(session: OwnerSession, suffix: str, folder: Path) -> None:
    """Make the tables of a month anew and fill them from its files."""
    async with session.atomically():
        for entries in ("ledger_movements", "ledger_postings"):
            await session.execute(
                f"CREATE TABLE {entries}_{suffix} "
                f"(LIKE {entries} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
            )
            await session.copy_in(f"{entries}_{suffix}", folder / f"{entries}_{suffix}.csv")
        for side in ("debit", "credit"):
            await session.execute(
                f"CREATE UNIQUE INDEX uq_ledger_postings_{suffix}_{side} "
                f"ON ledger_postings_{suffix} (currency, {side}, {side}_seq)"
            )


async def drop_month(session: OwnerSession, month: date, folder: Path) -> None:
    """Give the room of a detached month back, once its files are seen to be whole."""
    await check_files(session, month, folder)
    suffix = suffix_of(month)
    await session.execute(f"DROP TABLE ledger_movements_{suffix}, ledger_postings_{suffix}")


async def check_files(session: ReadSession, month: date, folder: Path) -> str:
    """Compare a month's files with what was signed, and return the signed note.

    Raises `ArchiveBroken` with the file that differs.
    """
    kept = await session.fetchrow(
        "SELECT manifest, signature, digest FROM ledger_partition_closes WHERE month = $1", month
    )
    if kept is None:
        raise ArchiveBroken(f"{month:%Y-%m} was not archived.")
    manifest: str = kept["manifest"]
    if hashlib.sha256(manifest.encode()).digest() != kept["digest"]:
        raise ArchiveBroken(f"{month:%Y-%m}: the manifest is not the one that was kept.")
    for line in manifest.splitlines():
        word, _, rest = line.partition(" ")
        if word == "sha256":
            expected, _, name = rest.partition(" ")
            path = folder / name
            if not path.is_file() or _sha256(path) != expected:
                raise ArchiveBroken(f"{path}: missing, or not what was signed.")
    return kept["signature"] or manifest


async def archived_months(session: ReadSession) -> Sequence[ArchivedMonth]:
    """The months that have left, oldest first."""
    rows = await session.fetch("SELECT month FROM ledger_partition_closes ORDER BY month")
    return [await _told(session, row["month"]) for row in rows]


async def _told(session: ReadSession, month: date) -> ArchivedMonth:
    row = await session.fetchrow(
        """
        SELECT p.month, p.movements, p.postings,
               (SELECT count(*) FROM ledger_closings AS c WHERE c.month = p.month) AS accounts,
               p.digest, p.signature IS NOT NULL AS signed
        FROM ledger_partition_closes AS p
        WHERE p.month = $1
        """,
        month,
    )
    assert row is not None
    return ArchivedMonth(*row)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
