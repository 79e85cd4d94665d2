"""Take in a day's file, compare it with our books in sets, and keep what differs.

One transaction a day: a day is either compared whole or not at all, and a second try of the same
day finds it done. Matching is by the switch's reference; under one reference the sums of both
sides must be equal, so that a purchase and its reversal on the same day are nothing to both.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from tael import ledger, rails
from tael.codecs import settlement_file
from tael.codecs.settlement_file import FileLine, MalformedFile, SettlementFile
from tael.kernel.clock import SHANGHAI, business_day
from tael.kernel.database import WriteSession
from tael.kernel.ids import new_id
from tael.settlement import rules
from tael.settlement.errors import DayOutOfOrder, FileChanged, FileMalformed
from tael.settlement.queries import Run, last_run, run
from tael.settlement.rules import Difference, Judged, OpenBreak
from tael.settlement.states import BreakId, BreakState, BreakType

SLICE: Final = 10_000
"""Lines or entries that one statement writes."""

_REPEATED_WITHIN: Final = timedelta(days=366)
"""How long a reference stays the same transaction's: it holds the last digit of the year."""

_log = structlog.get_logger(__name__)

_COMPARE: Final = """
WITH numbered AS (
    SELECT l.line, l.reference, l.effect,
           row_number() OVER (PARTITION BY l.reference, l.type ORDER BY l.line) > 1
           OR EXISTS (
               SELECT
               FROM settlement_lines AS e
               WHERE e.reference = l.reference
                 AND e.type = l.type
                 AND e.day < $1
                 AND e.day > $2
           ) AS again
    FROM settlement_lines AS l
    WHERE l.day = $1
), theirs AS (
    SELECT reference, sum(effect)::bigint AS effect, min(line) AS line
    FROM numbered
    WHERE NOT again
    GROUP BY reference
), ours AS (
    SELECT coalesce(reference, 'entry ' || sequence) AS reference,
           sum(effect)::bigint AS effect,
           min(sequence) AS sequence
    FROM settlement_entries
    WHERE day = $1 AND correction IS NULL
    GROUP BY 1
), compared AS (
    SELECT coalesce(t.reference, o.reference) AS reference,
           t.line,
           o.sequence,
           coalesce(t.effect, 0) AS file_effect,
           coalesce(o.effect, 0) AS booked_effect,
           CASE WHEN o.reference IS NULL THEN 'missing_here'
                WHEN t.reference IS NULL THEN 'missing_there'
                ELSE 'amount' END AS type
    FROM theirs AS t
    FULL JOIN ours AS o ON o.reference = t.reference
)
SELECT reference, line, sequence, file_effect, booked_effect, type
FROM compared
WHERE file_effect <> booked_effect
UNION ALL
SELECT reference, line, NULL, effect, 0, 'duplicate'
FROM numbered
WHERE again
ORDER BY line NULLS LAST, sequence
"""


@dataclass(frozen=True, slots=True)
class Booked:
    """What our books hold of a day: where its entries end, and their sums."""

    end: int
    entries: int
    net: int
    corrected: int


def read_file(octets: bytes, day: date) -> SettlementFile:
    """The file of this day; refuses `settlement.file_malformed`."""
    try:
        file = settlement_file.read(octets)
    except MalformedFile as malformed:
        raise FileMalformed(record=malformed.record, reason=malformed.reason) from None
    if file.day != day:
        raise FileMalformed(record=1, reason=f"is the file of {file.day.isoformat()}")
    return file


async def compare_day(session: WriteSession, day: date, octets: bytes, *, now: datetime) -> Run:
    """Compare a day that is over with its file; a day that was compared stays as it is.

    Refuses `settlement.file_malformed`, and `settlement.day_out_of_order` for a day that is not
    the next one. `settlement.file_changed` is for the caller to raise from `Run.changed_at`: that
    the alarm is kept must not be undone.
    """
    file = read_file(octets, day)
    digest = hashlib.sha256(octets).digest()
    # One run at a time: the second finds the first one's day done.
    await session.execute("SELECT pg_advisory_xact_lock(hashtext('settlement.compare'))")
    done = await run(session, day)
    if done is not None:
        return await _again(session, done, digest, now)
    before = await last_run(session)
    if day >= business_day(now) or (before and day != before.day + timedelta(days=1)):
        raise DayOutOfOrder(next=_next_text(before))
    first = before.end_sequence if before else await _begins(session, day)
    booked = await _take_entries(session, day, first)
    await _take_lines(session, file)
    judged = await _differences(session, day)
    differing = sum(each.found.difference for each in judged)
    assert rules.proven(
        file_net=file.net,
        booked_net=booked.net,
        corrected_net=booked.corrected,
        differences=[each.found.difference for each in judged],
    ), "every unit of the file is matched or a difference"
    await session.execute(
        """
        INSERT INTO settlement_runs
            (day, file_digest, lines, entries, matched, first_sequence, end_sequence, file_net,
             booked_net, corrected_net, differing, run_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        *(day, digest, len(file.lines), booked.entries, _matched(file, judged), first, booked.end),
        *(file.net, booked.net, booked.corrected, differing, now),
    )
    await _keep(session, day, judged, now)
    kept = await run(session, day)
    assert kept is not None
    return kept


async def _again(session: WriteSession, done: Run, digest: bytes, now: datetime) -> Run:
    if digest == done.file_digest:
        return done
    _log.error("settlement.file_changed", day=done.day.isoformat(), digest=digest.hex())
    await session.execute(
        "UPDATE settlement_runs SET changed_digest = $2, changed_at = $3 WHERE day = $1",
        done.day,
        digest,
        now,
    )
    changed = await run(session, done.day)
    assert changed is not None
    return changed


def refuse_changed(found: Run, octets: bytes) -> None:
    """Refuses `settlement.file_changed` where the day was compared with other octets than these."""
    if hashlib.sha256(octets).digest() != found.file_digest:
        raise FileChanged(day=found.day.isoformat())


def day_begins(day: date) -> datetime:
    """The first instant of a business day."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


async def _begins(session: WriteSession, day: date) -> int:
    [cut] = await ledger.cuts(session, ledger.CARD_CLEARING, [day_begins(day)])
    return cut.sequence


async def _take_entries(session: WriteSession, day: date, first: int) -> Booked:
    [end] = await ledger.cuts(session, ledger.CARD_CLEARING, [day_begins(day + timedelta(days=1))])
    after, net, corrected = first, 0, 0
    while after < end.sequence:
        page = await ledger.period(session, ledger.CARD_CLEARING, after, end.sequence)
        entries = [line.entry for line in page]
        references = await rails.retrieval_references(
            session, [(entry.kind.value, entry.reference) for entry in entries]
        )
        corrections = await _corrections(session, entries)
        # What leaves our account with the switch for a wallet is what the switch owes us.
        effects = [_effect(entry) for entry in entries]
        net += sum(effects)
        corrected += sum(
            effect
            for entry, effect in zip(entries, effects, strict=True)
            if entry.movement in corrections
        )
        await session.execute(
            """
            INSERT INTO settlement_entries
                (sequence, day, movement, kind, reference, effect, correction, at)
            SELECT n.sequence, $1, n.movement, n.kind, n.reference, n.effect, n.correction, n.at
            FROM unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::bigint[],
                        $7::uuid[], $8::timestamptz[])
                AS n (sequence, movement, kind, reference, effect, correction, at)
            """,
            day,
            [entry.sequence for entry in entries],
            [entry.movement for entry in entries],
            [entry.kind.value for entry in entries],
            [references.get((entry.kind.value, entry.reference)) for entry in entries],
            effects,
            [corrections.get(entry.movement) for entry in entries],
            [entry.at for entry in entries],
        )
        after = entries[-1].sequence + 1
    return Booked(end.sequence, end.sequence - first, net, corrected)


def _effect(entry: ledger.Entry) -> int:
    owed = entry.direction is ledger.Direction.OUT
    return entry.amount.minor if owed else -entry.amount.minor


async def _corrections(session: WriteSession, entries: list[ledger.Entry]) -> dict[UUID, UUID]:
    """Which movements made a break good, and which break."""
    adjusting = [e.reference for e in entries if e.kind is ledger.MovementKind.ADJUSTMENT]
    if not adjusting:
        return {}
    rows = await session.fetch(
        "SELECT id, movement FROM settlement_breaks WHERE id = ANY($1) AND movement IS NOT NULL",
        adjusting,
    )
    return {row["movement"]: row["id"] for row in rows}


async def _take_lines(session: WriteSession, file: SettlementFile) -> None:
    for begin in range(0, len(file.lines), SLICE):
        lines: tuple[FileLine, ...] = file.lines[begin : begin + SLICE]
        await session.execute(
            """
            INSERT INTO settlement_lines
                (day, line, type, stan, reference, effect, response, card, at)
            SELECT $1, $2 + n.place, n.type, n.stan, n.reference, n.effect, n.response, n.card,
                   n.at
            FROM unnest($3::text[], $4::integer[], $5::text[], $6::bigint[], $7::text[],
                        $8::text[], $9::timestamptz[])
                WITH ORDINALITY
                AS n (type, stan, reference, effect, response, card, at, place)
            """,
            file.day,
            begin,
            [line.type.value for line in lines],
            [line.stan for line in lines],
            [line.reference for line in lines],
            [line.effect for line in lines],
            [line.response for line in lines],
            [line.card for line in lines],
            [line.at for line in lines],
        )


async def _differences(session: WriteSession, day: date) -> list[Judged]:
    rows = await session.fetch(_COMPARE, day, day - _REPEATED_WITHIN)
    found = [
        Difference(
            type=BreakType(row["type"]),
            reference=row["reference"],
            line=row["line"],
            sequence=row["sequence"],
            file_effect=row["file_effect"],
            booked_effect=row["booked_effect"],
        )
        for row in rows
    ]
    earlier = await session.fetch(
        """
        SELECT id, reference, difference
        FROM settlement_breaks
        WHERE state = 'open' AND reference = ANY($1)
        ORDER BY day, id
        FOR NO KEY UPDATE
        """,
        [each.reference for each in found],
    )
    return rules.judge(
        found,
        [OpenBreak(BreakId(row["id"]), row["reference"], row["difference"]) for row in earlier],
    )


async def _keep(session: WriteSession, day: date, judged: list[Judged], now: datetime) -> None:
    """Write the day's breaks, and close the earlier ones that they take back."""
    ids = [new_id() for _ in judged]
    await session.execute(
        """
        INSERT INTO settlement_breaks
            (id, day, type, state, reference, line, sequence, file_effect, booked_effect,
             difference, counterpart, ended_at)
        SELECT n.id, $1, n.type, CASE WHEN n.earlier IS NULL THEN 'open' ELSE 'cleared' END,
               n.reference, n.line, n.sequence, n.file_effect, n.booked_effect,
               n.file_effect - n.booked_effect, n.earlier,
               CASE WHEN n.earlier IS NOT NULL THEN $2::timestamptz END
        FROM unnest($3::uuid[], $4::text[], $5::text[], $6::integer[], $7::bigint[],
                    $8::bigint[], $9::bigint[], $10::uuid[])
            AS n (id, type, reference, line, sequence, file_effect, booked_effect, earlier)
        """,
        day,
        now,
        ids,
        [each.type.value for each in judged],
        [each.found.reference for each in judged],
        [each.found.line for each in judged],
        [each.found.sequence for each in judged],
        [each.found.file_effect for each in judged],
        [each.found.booked_effect for each in judged],
        [each.takes_back for each in judged],
    )
    pairs = [(each.takes_back, i) for each, i in zip(judged, ids, strict=True) if each.takes_back]
    tag = await session.execute(
        """
        UPDATE settlement_breaks AS b
        SET state = $1, counterpart = n.later, ended_at = $2
        FROM unnest($3::uuid[], $4::uuid[]) AS n (id, later)
        WHERE b.id = n.id AND b.state = 'open'
        """,
        BreakState.CLEARED.value,
        now,
        [earlier for earlier, _ in pairs],
        [later for _, later in pairs],
    )
    assert tag == f"UPDATE {len(pairs)}", tag


def _matched(file: SettlementFile, judged: list[Judged]) -> int:
    """The references of the file on which both sides agree."""
    differing = {each.found.reference for each in judged if each.found.type is not _AGAIN}
    return len({line.reference for line in file.lines} - differing)


_AGAIN: Final = BreakType.DUPLICATE


def _next_text(before: Run | None) -> str | None:
    return (before.day + timedelta(days=1)).isoformat() if before else None
