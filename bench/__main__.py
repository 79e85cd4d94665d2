"""`python -m bench`: the ledger, payments over HTTP and PIN checks, beside pgbench.

Everything runs on one server of its own with everything durable, in turns with the
yardstick; each figure is the median of the rounds, with its ratio to pgbench's.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from bench import http_load, ledger_load, machine, page, pgbench, pin_load, population, stored

from tael import auditor, customers
from tael.kernel import collector, migrations
from tael.kernel.clock import machine_now
from tael.kernel.database import AUDITOR_ROLE, Database
from tael.sandbox import PostgresServer

DATABASE = "tael"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    rounds: int
    scale: int
    yardstick_s: int
    load_s: float
    http_s: float
    pin_s: float
    people: int
    submitters: tuple[int, ...] = (1, 32, 256, 2_000)


FULL = Plan(rounds=3, scale=50, yardstick_s=20, load_s=6, http_s=15, pin_s=5, people=20_000)
QUICK = Plan(rounds=1, scale=10, yardstick_s=5, load_s=2, http_s=4, pin_s=1, people=2_000)


@dataclass
class Figures:
    """What each round measured, by name."""

    rounds: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        """Keep one measurement, and say so."""
        self.rounds.setdefault(name, []).append(value)
        print(f"{name}: {value:,.1f}", file=sys.stderr, flush=True)

    def median(self, name: str) -> float:
        """The middle of the rounds."""
        return statistics.median(self.rounds[name])


async def measure(plan: Plan, server: PostgresServer) -> dict[str, Any]:
    """Everything, in turns with the yardstick."""
    await server.ensure_database(pgbench.DATABASE)
    await server.ensure_database(DATABASE)
    await migrations.upgrade(server.dsn_of(DATABASE))
    print("filling the tables…", file=sys.stderr, flush=True)
    await asyncio.to_thread(pgbench.prepare, server, plan.scale)
    customers.use_limits(customers.load_limits(None))
    database = await Database.open(server.dsn_of(DATABASE))
    figures = Figures()
    memory: list[tuple[float, float]] = []
    try:
        people = await population.settle_in(
            server.dsn_of(DATABASE), database, plan.people, machine_now()
        )
        collector.settle_in()
        for _ in range(plan.rounds):
            tps = await asyncio.to_thread(pgbench.transactions_a_second, server, plan.yardstick_s)
            figures.note("pgbench", tps)
            for submitters in plan.submitters:
                for hot in (False, True):
                    rate = await ledger_load.movements_a_second(
                        database, people, submitters=submitters, hot=hot, seconds=plan.load_s
                    )
                    figures.note(f"ledger.{submitters}.{'hot' if hot else 'uniform'}", rate)
            for hot in (False, True):
                rate = await ledger_load.bulk_a_second(
                    database, people, hot=hot, seconds=plan.load_s
                )
                figures.note(f"ledger.bulk.{'hot' if hot else 'uniform'}", rate)
            figures.note(
                "ledger.one_p99_ms",
                await ledger_load.one_p99_ms(database, people, seconds=plan.load_s),
            )
            figures.note("app.start_s", await http_load.start_s(server.dsn_of(DATABASE)))
            paid = await http_load.payments_a_second(server.dsn_of(DATABASE), database, plan.http_s)
            figures.note("http.payments", paid.a_second)
            figures.note("http.p50_ms", paid.p50_ms)
            figures.note("http.p99_ms", paid.p99_ms)
            memory.append((paid.resident_mib, paid.peak_mib))
            figures.note("pin.checks", await pin_load.checks_a_second(plan.pin_s))
        books = await _audit(server)
        async with database.read() as session:
            version = (await session.fetchval("SHOW server_version")).split()[0]
    finally:
        await database.close()
    return {
        "machine": machine.describe(version),
        **_report(plan, figures, memory, books),
    }


async def measure_stored(plan: Plan, count: int, server: PostgresServer) -> dict[str, Any]:
    """What a long past costs: the same load before and after, and questions about the past."""
    await server.ensure_database(DATABASE)
    dsn = server.dsn_of(DATABASE)
    await migrations.upgrade(dsn)
    customers.use_limits(customers.load_limits(None))
    database = await Database.open(dsn)
    figures = Figures()
    try:
        people = await population.settle_in(dsn, database, plan.people, machine_now())
        collector.settle_in()
        await _post(plan, figures, database, people, "empty_rate")
        past = await stored.fill(dsn, people, count)
        figures.note("fill.seconds", past.seconds)
        await _post(plan, figures, database, people, "stored_rate")
        for name, value in (await stored.ask(database, past)).items():
            figures.note(name, value)
        seconds, books = await stored.check_s(dsn)
        figures.note("check_s", seconds)
        async with database.read() as session:
            version = (await session.fetchval("SHOW server_version")).split()[0]
    finally:
        await database.close()
    return {
        "machine": machine.describe(version),
        "stored": count,
        **{name: round(figures.median(name), 2) for name in figures.rounds},
        "ratio_to_empty": round(figures.median("stored_rate") / figures.median("empty_rate"), 3),
        "books": {"ok": books.ok, "movements": books.movements, "differing": books.differing},
    }


async def _post(
    plan: Plan, figures: Figures, database: Database, people: population.Population, name: str
) -> None:
    for _ in range(plan.rounds):
        rate = await ledger_load.movements_a_second(
            database, people, submitters=max(plan.submitters), hot=False, seconds=plan.load_s
        )
        figures.note(name, rate)


async def _audit(server: PostgresServer) -> auditor.Report:
    database = await Database.open(server.dsn_of(DATABASE), role=AUDITOR_ROLE)
    try:
        async with database.snapshot() as session:
            await session.fetchval("SELECT set_config('statement_timeout', '600s', true)")
            return await auditor.check(session, books_only=True)
    finally:
        await database.close()


def _report(
    plan: Plan, figures: Figures, memory: list[tuple[float, float]], books: auditor.Report
) -> dict[str, Any]:
    yardstick = figures.median("pgbench")

    def rate(name: str) -> dict[str, float]:
        value = figures.median(name)
        return {"a_second": round(value, 1), "ratio_to_pgbench": round(value / yardstick, 3)}

    ledger = {
        str(submitters): {load: rate(f"ledger.{submitters}.{load}") for load in ("uniform", "hot")}
        for submitters in (*plan.submitters, "bulk")
    }
    return {
        "rounds": plan.rounds,
        "pgbench": {
            "tps": round(yardstick, 1),
            "options": f"-s {plan.scale} -M prepared -c 8 -j 2 -T {plan.yardstick_s}",
        },
        "ledger_movements": ledger,
        "one_p99_ms": round(figures.median("ledger.one_p99_ms"), 2),
        "app_start_s": round(figures.median("app.start_s"), 2),
        "http_payments": {
            **rate("http.payments"),
            "clients": http_load.CLIENTS,
            "p50_ms": round(figures.median("http.p50_ms"), 1),
            "p99_ms": round(figures.median("http.p99_ms"), 1),
            "api_resident_mib": round(max(now for now, _ in memory), 1),
            "api_peak_mib": round(max(peak for _, peak in memory), 1),
        },
        "pin_checks": rate("pin.checks"),
        "books": {
            "ok": books.ok,
            "movements": books.movements,
            "postings": books.postings,
            "differing": books.differing,
        },
    }


def main() -> None:
    """Measure, print JSON, and write the page if asked; exit 1 if the books do not balance."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, for a first look")
    parser.add_argument("--stored", type=_count, help="with so many movements, e.g. 10m")
    parser.add_argument("--page", type=Path, help="also write the figures into this page")
    asked = parser.parse_args()
    state_dir = Path(tempfile.mkdtemp(prefix="bench-", dir=_state_root()))
    try:
        with PostgresServer(state_dir, report=lambda line: print(line, file=sys.stderr)) as server:
            plan = QUICK if asked.quick else FULL
            report = uvloop.run(
                measure_stored(plan, asked.stored, server)
                if asked.stored
                else measure(plan, server)
            )
    finally:
        shutil.rmtree(state_dir, ignore_errors=True)
    print(json.dumps(report, indent=1, ensure_ascii=False))
    if asked.page:
        page.write(asked.page, report)
    sys.exit(0 if report["books"]["ok"] else 1)


def _count(text: str) -> int:
    """`10m` and `500k` in digits."""
    factors = {"k": 1_000, "m": 1_000_000}
    return int(text.rstrip("km")) * factors.get(text[-1], 1)


def _state_root() -> Path:
    root = Path(".tael")
    root.mkdir(exist_ok=True)
    return root.resolve()


if __name__ == "__main__":
    main()
