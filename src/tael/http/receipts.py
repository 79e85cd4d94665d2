"""The receipt that proves itself: what a customer can check without trusting us."""

from base64 import b64encode
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from tael import audit, customers, ledger
from tael.http.guards import SignedIn
from tael.http.problems import problems
from tael.http.wire import Identifier, Wire
from tael.kernel import ids
from tael.kernel.money import CNY

router: Final = APIRouter(tags=["history"])

RETRY_AFTER_S: Final = 1


class PartWire(Wire):
    """A part of the movement: open (salt and text) when it is yours, else its digest alone."""

    salt: str | None = None
    text: str | None = Field(default=None, description="A JSON object; hashed as it stands here.")
    digest: str | None = None


class ReceiptFile(Wire):
    """A receipt to keep. `tael receipt verify` and the app check it offline."""

    format: Literal["tael-receipt/1"] = "tael-receipt/1"
    movement: Identifier
    parts: list[PartWire]
    proof: str = Field(description="A C2SP tlog-proof with a checkpoint that the log signed.")


@router.get(
    "/history/{movement}/receipt",
    responses=problems(ledger.errors.MovementNotFound, audit.errors.NotYetInLog),
    response_model_exclude_none=True,
)
async def receipt(edge: SignedIn, movement: str) -> ReceiptFile:
    """One movement in your wallet with the proof that it is in the public log.

    Right after a movement it may not be in the log yet: ask again in a moment.
    """
    movement_id = ledger.MovementId(ids.parse("mov", movement))
    async with edge.services.database.read() as session:
        wallet = await customers.wallet(session, edge.customer_id)
        if await ledger.entry(session, wallet.account_number, movement_id) is None:
            raise ledger.errors.MovementNotFound
        try:
            found = await ledger.logged(session, movement_id, wallet.account_number, currency=CNY)
        except audit.errors.NotYetInLog:
            raise audit.errors.NotYetInLog(retry_after_s=RETRY_AFTER_S) from None
    return receipt_file(movement_id, found)


def receipt_file(movement: ledger.MovementId, found: ledger.LoggedMovement) -> ReceiptFile:
    """The receipt as it goes to its holder."""
    return ReceiptFile(
        movement=ids.wire("mov", movement),
        parts=[_part(part) for part in found.parts],
        proof=audit.inclusion_text(found.inclusion),
    )


def _part(part: ledger.OpenedPart) -> PartWire:
    if part.salt is None:
        return PartWire(digest=b64encode(part.digest).decode())
    return PartWire(salt=b64encode(part.salt).decode(), text=part.text)
