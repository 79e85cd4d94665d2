"""`tael db`: the schema."""

import asyncio

from cyclopts import App

from tael.cli import deployment
from tael.kernel import migrations

app = App(name="db", help="The database's schema.")


@app.command
def upgrade() -> None:
    """Bring the schema to the version of this code. Safe to run again, and twice at once."""
    asyncio.run(_upgrade())


async def _upgrade() -> None:
    async with deployment.settings() as settings:
        await migrations.upgrade(settings.migrator_database_url or settings.database_url)
    print(f"The schema is at {migrations.newest()}.")
