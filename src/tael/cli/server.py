"""`tael serve` and `tael worker`: the two processes of a deployment, any number of each."""

import asyncio
import resource
import signal
from contextlib import AsyncExitStack

import uvicorn

from tael.cli import composition
from tael.cli.observability import observed
from tael.http import Connection, create_app
from tael.jobs import Worker
from tael.kernel import collector
from tael.kernel.database import Database, PoolSizes
from tael.kernel.settings import Settings

GRACE_S = 20
"""How long requests in hand may take to finish after SIGTERM."""


def serve() -> None:
    """Serve the app and its API; settings come from TAEL_*. Drains on SIGTERM."""
    settings = Settings.load()
    asyncio.run(composition.probe(settings))
    app = create_app(settings)
    collector.settle_in()
    _allow_sockets()
    with observed(settings, "api"):
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            http=Connection,
            ws="none",
            # Whoever sends rubbish does not fill the log.
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )


def _allow_sockets() -> None:
    """Take as many sockets as the system grants: many start a process with 1,024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def worker() -> None:
    """Run the jobs: relay events, deliver messages, resolve what is pending. Stops on SIGTERM."""
    settings = Settings.load()
    with observed(settings, "worker"):
        asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        database = await Database.open(
            settings.database_url, clock_moves=settings.sandbox, pools=PoolSizes(read=4, write=8)
        )
        stack.push_async_callback(database.close)
        parts = await stack.enter_async_context(composition.job_parts(settings, database))
        running = Worker(database, parts.subscribers, parts.schedules)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, running.stop)
        await running.run()
