"""`tael doctor`: what is right and wrong with a deployment, each with what to do."""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from tael import customers, notifications
from tael.cli import deployment
from tael.http import APP_DIR
from tael.kernel import migrations
from tael.kernel.clock import machine_now
from tael.kernel.database import AUDITOR_ROLE, Database, DatabaseUnusable, ReadSession
from tael.kernel.settings import Settings, SettingsRefused
from tael.sandbox import PostgresUnavailable

CLOCK_SKEW_MAX_S: Final = 2
OUTBOX_LAG_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    ok: bool
    says: str


def doctor(*, json_: bool = False, state_dir: Path = deployment.STATE_DIR) -> None:
    """Check settings, database, schema, roles, clock, limits, worker and web app; exit 1 if ill.

    Parameters
    ----------
    json_
        Print one JSON document instead of lines.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    findings = asyncio.run(_examine(state_dir.resolve()))
    healthy = all(finding.ok for finding in findings)
    if json_:
        print(json.dumps({"ok": healthy, "checks": [asdict(f) for f in findings]}, indent=1))
    else:
        console = Console(highlight=False)
        for finding in findings:
            mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
            console.print(f"{mark} {finding.check}: {finding.says}")
    sys.exit(0 if healthy else 1)


async def _examine(state_dir: Path) -> list[Finding]:
    findings = [_web_app()]
    try:
        async with deployment.settings(state_dir) as settings:
            findings += [Finding("settings", ok=True, says="complete"), _limits(settings)]
            findings += await _database(settings)
    except (SettingsRefused, PostgresUnavailable) as fault:
        findings.append(Finding("settings", ok=False, says=str(fault)))
    except DatabaseUnusable as fault:
        findings.append(Finding("database", ok=False, says=str(fault)))
    return findings


def _web_app() -> Finding:
    built = (APP_DIR / "index.html").is_file()
    return Finding("web app", ok=built, says="built" if built else "not built: run `make up`")


def _limits(settings: Settings) -> Finding:
    try:
        customers.load_limits(settings.limits_file)
    except customers.LimitsInvalid as fault:
        return Finding("limits", ok=False, says=str(fault))
    return Finding("limits", ok=True, says="a block is in force today")


async def _database(settings: Settings) -> list[Finding]:
    database = await Database.open(settings.database_url, clock_moves=settings.sandbox)
    try:
        async with database.read() as session:
            version = await session.fetchval("SHOW server_version")
            findings = [Finding("database", ok=True, says=f"PostgreSQL {version}")]
            findings += [await _durability(session), await _clock(session)]
            findings.append(await _schema(session))
            if findings[-1].ok:
                findings += [await _outbox(session), await _messages(session)]
    finally:
        await database.close()
    auditor = await Database.open(settings.database_url, role=AUDITOR_ROLE)
    await auditor.close()
    return [*findings, Finding("roles", ok=True, says="tael_app and tael_auditor")]


async def _durability(session: ReadSession) -> Finding:
    names = ("fsync", "synchronous_commit", "full_page_writes")
    off = [name for name in names if await session.fetchval(f"SHOW {name}") == "off"]
    says = f"{', '.join(off)} off: a crash can lose money" if off else "fsync on"
    return Finding("durability", ok=not off, says=says)


async def _clock(session: ReadSession) -> Finding:
    theirs = await session.fetchval("SELECT clock_timestamp()")
    apart = abs((machine_now() - theirs).total_seconds())
    return Finding("clock", ok=apart < CLOCK_SKEW_MAX_S, says=f"{apart:.3f} s from the database's")


async def _schema(session: ReadSession) -> Finding:
    there = await session.fetchval("SELECT to_regclass('kernel_outbox') IS NOT NULL")
    if not there:
        return Finding("schema", ok=False, says="empty: run `tael db upgrade`")
    found = await session.fetchval("SELECT version_num FROM alembic_version")
    expected = migrations.newest()
    says = f"at {found}" if found == expected else f"at {found}, this code needs {expected}"
    return Finding("schema", ok=found == expected, says=says)


async def _outbox(session: ReadSession) -> Finding:
    row = await session.fetchrow(
        """
        SELECT count(*) FILTER (WHERE position IS NULL) AS waiting,
               (SELECT count(*) FROM kernel_outbox_dead_letters) AS dead
        FROM kernel_outbox
        """
    )
    assert row is not None
    ok = row["waiting"] < OUTBOX_LAG_MAX and row["dead"] == 0
    return Finding("outbox", ok=ok, says=f"{row['waiting']} waiting, {row['dead']} parked")


async def _messages(session: ReadSession) -> Finding:
    found = await notifications.delivery(session)
    return Finding(
        "messages", ok=found.dead == 0, says=f"{found.queued} queued, {found.dead} undeliverable"
    )
