"""The app factory: every router of the edge, the perimeter, and the built web app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI

from tael.http import (
    authorisations,
    card_transfers,
    cards,
    codes,
    docs,
    events,
    health,
    history,
    identity,
    limits,
    log,
    openapi,
    past,
    payments,
    phone,
    pins,
    problems,
    receipts,
    rehearsals,
    sandbox,
    sandbox_after_sale,
    sandbox_shops,
    staff,
    staff_approvals,
    staff_closes,
    staff_desk,
    staff_payouts,
    staff_reconciliation,
    standing_orders,
    statements,
    transfers,
    wallets,
    web_app,
)
from tael.http.addresses import Addresses
from tael.http.middleware import Perimeter
from tael.http.observed import Observed
from tael.http.services import open_services
from tael.kernel.settings import Settings

API_PREFIX: Final = "/api"
ROUTERS: Final[tuple[APIRouter, ...]] = (
    # Matched in this order, so the hot ones stand first.
    payments.router,
    transfers.router,
    health.router,
    identity.router,
    pins.router,
    phone.router,
    authorisations.router,
    wallets.router,
    past.router,
    limits.router,
    cards.router,
    card_transfers.router,
    rehearsals.router,
    standing_orders.router,
    codes.router,
    history.router,
    receipts.router,
    statements.router,
    events.router,
    staff.router,
    staff_approvals.router,
    staff_closes.router,
    staff_payouts.router,
    staff_desk.router,
    staff_reconciliation.router,
)
SANDBOX_ROUTERS: Final[tuple[APIRouter, ...]] = (
    sandbox.router,
    sandbox_shops.router,
    sandbox_after_sale.router,
)

_DESCRIPTION = """\
A bank's digital wallet. Amounts are integers of minor units with their currency; every unsafe
call takes an `Idempotency-Key` and may be sent again with it; every refusal is an RFC 9457
problem with a `code` and `advice` on what to do next.
"""


def create_app(settings: Settings) -> FastAPI:
    """Build the app; it opens what it needs when it starts and drains when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Tael",
        version="0.1.0",
        description=_DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Where traces go is said once, by the composition root.
        telemetry={"auto_configure": False},
    )
    routers = ROUTERS + (SANDBOX_ROUTERS if settings.sandbox else ())
    for router in routers:
        app.include_router(router, prefix=API_PREFIX)
    app.include_router(log.router)
    docs.install(app)
    openapi.install(app, routers, prefix=API_PREFIX)
    problems.install(app, Addresses(routers, prefix=API_PREFIX))
    web_app.install(app)
    app.add_middleware(Perimeter, origins=_origins(settings))
    app.add_middleware(Observed)
    return app


def _origins(settings: Settings) -> frozenset[str]:
    own = {settings.browser_origin}
    if settings.sandbox:
        own |= {f"http://{host}:{settings.port}" for host in ("localhost", "127.0.0.1")}
    return frozenset(own)
