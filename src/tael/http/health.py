"""Whether this process lives, and whether it can serve."""

from typing import Literal

from fastapi import APIRouter, Request

from tael.http.errors import Busy
from tael.http.guards import services_of
from tael.http.problems import problems
from tael.http.wire import Wire

router = APIRouter(tags=["health"])


class Health(Wire):
    """That all is well."""

    status: Literal["ok"] = "ok"


@router.get("/health/live")
async def live() -> Health:
    """The process runs."""
    return Health()


@router.get("/health/ready", responses=problems(Busy))
async def ready(request: Request) -> Health:
    """The process reaches its database, so requests can be sent here."""
    async with services_of(request).database.read() as session:
        await session.fetchval("SELECT 1")
    return Health()
