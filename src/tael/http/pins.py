"""Changing the PIN, and setting a new one when the old is forgotten."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from tael import customers, identity
from tael.http.code_entry import SixDigits
from tael.http.edge import NO_CONTENT, Answer, Edge
from tael.http.guards import Device, SignedIn
from tael.http.identity import SessionBody, owner_of, signed_in
from tael.http.pin_entry import Confirmed, PinEntry, customer_of, with_pin
from tael.http.problems import problems
from tael.http.wallets import PORTRAIT_TEXT_MAX, IdentityShown
from tael.http.wire import Text, Wire
from tael.kernel import ids
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.refusals import Detail, Overloaded, TooMany

router: Final = APIRouter(tags=["identity"])

PROOF: Final[list[Detail]] = ["name", "id_number", "portrait"]
"""What shows that somebody is the person whom the wallet knows."""


class PinChange(Wire):
    """The present PIN and the one that takes its place."""

    old_pin: SixDigits = Field(examples=["804219"])
    new_pin: SixDigits = Field(examples=["730582"])


class PinReset(Wire):
    """A new PIN; a wallet that knows a name asks for it, the identity number and a face."""

    new_pin: SixDigits = Field(examples=["730582"])
    name: Text | None = Field(default=None, max_length=100, repr=False, examples=["王小明"])
    id_number: Text | None = Field(
        default=None, max_length=40, repr=False, examples=["110101199003070038"]
    )
    portrait: str | None = Field(
        default=None,
        max_length=PORTRAIT_TEXT_MAX,
        repr=False,
        description="A JPEG or PNG picture of 300 kB at most, in base64.",
    )

    def claim(self, customer_id: UUID) -> customers.IdentityClaim:
        """Who the caller says to be; refuses `identity.proof_required` if it is not said."""
        if self.name is None or self.id_number is None or self.portrait is None:
            raise identity.ProofRequired(needs=PROOF)
        shown = IdentityShown(name=self.name, id_number=self.id_number, portrait=self.portrait)
        return shown.claim_of(customer_id)


@router.post(
    "/pin/change",
    status_code=NO_CONTENT,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.PinWeak,
        identity.PinUnchanged,
        identity.PinWrong,
        identity.PinLocked,
        Overloaded,
    ),
)
async def change(edge: SignedIn, given: PinChange) -> Response:
    """Replace the PIN; the other sessions end at once."""
    if given.new_pin == given.old_pin:
        raise identity.PinUnchanged
    pins, sealer = edge.services.pins, edge.services.sealer
    async with edge.services.database.read() as session:
        facts = await _facts(edge, session, edge.customer_id)
    new = identity.NewPin(
        edge.customer_id, await pins.choose(edge.customer_id, given.new_pin, facts)
    )

    async def act(confirmed: Confirmed) -> None:
        await identity.change_pin(
            confirmed.session, edge.view, new, sealer=sealer, now=confirmed.now.machine
        )

    return await with_pin(edge, PinEntry(customer_of(edge), given.old_pin, ids.new_id()), act)


@router.post(
    "/pin/reset",
    response_model=SessionBody,
    responses=problems(
        identity.SignedOut,
        identity.NotRegistered,
        identity.CodeNotFresh,
        identity.PinWeak,
        identity.ProofRequired,
        customers.errors.NameMalformed,
        customers.errors.IdNumberInvalid,
        customers.errors.PortraitMalformed,
        customers.errors.IdentityMismatch,
        customers.errors.ProofingUnanswered,
        TooMany,
    ),
)
async def reset(edge: Device, given: PinReset) -> Response:
    """Set a new PIN without the old one, with a number confirmed just now.

    A wallet of class 4 needs no more; one that knows a name needs it, the identity number and
    a face. Lifts a lock; other sessions end; for a day no transfer goes to a new payee.
    """
    forgotten = _Forgotten(edge, given)
    return await edge.steps(forgotten.begin, forgotten.finish)


@dataclass(frozen=True, slots=True)
class _Forgotten:
    """One reset: what its first transaction finds decides what its second asks."""

    edge: Edge
    given: PinReset

    async def begin(self, session: WriteSession, now: datetime) -> UUID:
        """Refuse what can be refused at once, and begin a check of the person if one is needed."""
        edge = self.edge
        customer_id = await owner_of(edge, session)
        if not edge.view.phone_is_fresh(machine_now()):
            raise identity.CodeNotFresh
        identity.refuse_weak_pin(self.given.new_pin, await _facts(edge, session, customer_id))
        if not await _is_named(session, customer_id):
            return ids.new_id()
        return await customers.begin_verification(
            session, self.given.claim(customer_id), sealer=edge.services.sealer, now=now
        )

    async def finish(self, check: UUID) -> Answer:
        """Have the person checked, then set the PIN."""
        services = self.edge.services
        async with services.database.read() as reader:
            customer_id = await owner_of(self.edge, reader)
            named = await _is_named(reader, customer_id)
            begun = await customers.verification_begun(reader, check)
        if named and not begun:
            # The name became known since we began: begin anew.
            raise identity.ProofRequired(needs=PROOF)
        if named:
            claim = self.given.claim(customer_id)
            await customers.verify_identity_again(services.database, services.prover, check, claim)
        return await _set(self.edge, customer_id, self.given.new_pin)


async def _set(edge: Edge, customer_id: UUID, pin: str) -> Answer:
    new = identity.NewPin(customer_id, await edge.services.pins.hash(customer_id, pin))
    async with edge.services.database.write() as session:
        now = identity.Moment(machine=machine_now(), business=await business_now(session))
        signed = await identity.reset_pin(
            session, edge.view, new, sealer=edge.services.sealer, now=now
        )
        return await signed_in(edge, session, signed)


async def _facts(edge: Edge, session: ReadSession, customer_id: UUID) -> identity.PinFacts:
    """What the PIN must not repeat."""
    sealer = edge.services.sealer
    phone = await identity.phone_of_customer(session, customer_id, sealer=sealer)
    assert phone is not None, "a principal has a number"
    id_number, birth_date = await customers.pin_facts(session, customer_id, sealer=sealer)
    return identity.PinFacts(phone.e164, id_number, birth_date)


async def _is_named(session: ReadSession, customer_id: UUID) -> bool:
    """Whether the bank knows whose wallet it is: every class but the fourth."""
    held = await customers.wallet(session, customer_id)
    return held.wallet_class is not customers.WalletClass.PHONE_ONLY
