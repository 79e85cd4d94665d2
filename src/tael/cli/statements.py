"""`tael statement` and `tael statements`: a wallet's month as a file; the key that signs it."""

import asyncio
import sys
from pathlib import Path
from typing import Literal

from cyclopts import App

from tael import statements
from tael.cli import deployment
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.database import Database
from tael.kernel.refusals import Refusal

app = App(name="statements", help="Statements and the key that signs them.")


@app.command
def certificate(*, state_dir: Path = deployment.STATE_DIR) -> None:
    """Print the certificate of the key that signs statements, and its fingerprint.

    Parameters
    ----------
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    key = asyncio.run(_certificate(state_dir.resolve()))
    print(key.pem, end="")
    print(f"SHA-256 {key.fingerprint}")


async def _certificate(state_dir: Path) -> statements.SigningKey:
    async with deployment.settings(state_dir) as settings:
        database = await Database.open(settings.database_url, clock_moves=settings.sandbox)
        try:
            return await statements.signing_key(database, settings)
        finally:
            await database.close()


def statement(
    customer: str,
    month: str,
    *,
    form: Literal["pdf", "csv", "xml"] = "pdf",
    out: Path | None = None,
    volume: int = 1,
    state_dir: Path = deployment.STATE_DIR,
) -> None:
    """Write a wallet's month to a file: a signed PDF, CSV, or ISO 20022 camt.053.

    Parameters
    ----------
    customer
        The wallet's customer: cus_….
    month
        As 2026-11.
    form
        Which kind of file.
    out
        Where to; by itself tael-MONTH.FORM in this folder.
    volume
        Of a PDF in several volumes: which one.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    wanted = statements.Month.read(month)
    if wanted is None:
        sys.exit("tael: a month is written as 2026-11")
    target = out or Path(f"tael-{month}.{form}")
    try:
        asyncio.run(_write(state_dir.resolve(), customer, (wanted, form, volume), target))
    except Refusal as refusal:
        sys.exit(f"tael: {refusal.meaning()}")
    print(target)


async def _write(
    state_dir: Path, customer: str, what: tuple[statements.Month, str, int], target: Path
) -> None:
    month, form, number = what
    async with deployment.settings(state_dir) as settings:
        database = await Database.open(settings.database_url, clock_moves=settings.sandbox)
        try:
            async with database.snapshot() as session:
                now = await business_now(session)
                who = ids.parse("cus", customer)
                told = await statements.statement(session, who, month, now=now)
                opening, entries = await statements.volume(session, told, number)
            if form == "pdf":
                key = await statements.signing_key(database, settings)
                volume = statements.Volume(number, opening, entries)
                printed = await statements.Press().print(told, volume, key)
                await asyncio.to_thread(target.write_bytes, printed)
                return
            pages = statements.pages(database.read, told)
            writer = statements.spreadsheet if form == "csv" else statements.camt053
            with target.open("wb") as file:
                async for piece in writer(told, pages):
                    file.write(piece)
        finally:
            await database.close()
