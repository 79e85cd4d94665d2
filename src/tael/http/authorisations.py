"""The step in which a customer enters the PIN for one act, seeing whom and how much."""

from typing import Final, Literal, Self

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field, model_validator

from tael import identity
from tael.http.code_entry import SixDigits
from tael.http.edge import CREATED
from tael.http.guards import SignedIn
from tael.http.pin_entry import Confirmed, PinEntry, customer_of, with_pin
from tael.http.problems import problems
from tael.http.transfers_wire import TimetableWire
from tael.http.wire import AMOUNT_MAX, Identifier, Instant, MoneyWire, Wire
from tael.kernel import ids
from tael.kernel.money import CNY
from tael.kernel.refusals import Overloaded

router: Final = APIRouter(tags=["identity"])

Purpose = Literal[
    "payment",
    "transfer",
    "standing_order",
    "top_up",
    "withdrawal",
    "unfreeze",
    "close_wallet",
    "change_phone",
]

_PAYEE_PREFIX: Final[dict[str, str]] = {
    "payment": "sto",
    "transfer": "cus",
    "standing_order": "cus",
    "top_up": "crd",
    "withdrawal": "crd",
    "unfreeze": "cus",
    "close_wallet": "cus",
    "change_phone": "cus",
}
_MOVES_NOTHING: Final = frozenset({"unfreeze", "close_wallet", "change_phone"})


class AuthorisationAsked(Wire):
    """What the customer sees, and the PIN that agrees to it and to nothing else."""

    purpose: Purpose
    payee: Identifier = Field(
        description="The store, customer or card; one's own customer id where no money moves.",
        examples=["sto_01h455vb4pex5vsknk084sn02q"],
    )
    amount: MoneyWire
    order: Identifier | None = Field(default=None, examples=["ord_01h455vb4pex5vsknk084sn02q"])
    timetable: TimetableWire | None = Field(
        default=None, description="The days of a standing order; nothing else has any."
    )
    pin: SixDigits = Field(examples=["804219"])

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if not self.payee.startswith(_PAYEE_PREFIX[self.purpose] + "_"):
            raise ValueError(f"payee of {self.purpose} is a {_PAYEE_PREFIX[self.purpose]}_… id")
        least = 0 if self.purpose in _MOVES_NOTHING else 1
        most = 0 if self.purpose in _MOVES_NOTHING else AMOUNT_MAX
        if not least <= self.amount.value <= most:
            raise ValueError(f"amount of {self.purpose} is between {least} and {most}")
        if self.amount.currency != CNY.code:
            raise ValueError("amount is in CNY, which is all that customers move")
        if self.order is not None and self.purpose != "payment":
            raise ValueError("only a payment has an order")
        if (self.timetable is not None) != (self.purpose == "standing_order"):
            raise ValueError("a standing order has a timetable, and nothing else has one")
        return self

    def terms(self) -> identity.AuthorisationTerms:
        """What the digest is made of."""
        ids.parse(_PAYEE_PREFIX[self.purpose], self.payee)
        if self.order is not None:
            ids.parse("ord", self.order)
        days = self.timetable.timetable().text() if self.timetable else ""
        return identity.AuthorisationTerms(
            self.purpose, self.payee, self.amount.money(), self.order or days
        )


class AuthorisationGiven(Wire):
    """Good once, for this act, in this session, until it expires."""

    authorisation: Identifier = Field(examples=["aut_01h455vb4pex5vsknk084sn02q"])
    expires_at: Instant


@router.post(
    "/authorisations",
    status_code=CREATED,
    response_model=AuthorisationGiven,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.PinWrong,
        identity.PinLocked,
        Overloaded,
    ),
)
async def authorise(edge: SignedIn, asked: AuthorisationAsked) -> Response:
    """Check the PIN and give an authorisation for exactly this payee, amount and order."""
    terms = asked.terms()
    bearer = identity.Bearer(edge.customer_id, edge.view.session_id)

    async def act(confirmed: Confirmed) -> AuthorisationGiven:
        given = await identity.authorise(
            confirmed.session, confirmed.act_id, bearer, terms, now=confirmed.now.machine
        )
        return AuthorisationGiven(
            authorisation=ids.wire("aut", given.authorisation_id), expires_at=given.expires_at
        )

    entry = PinEntry(customer_of(edge), asked.pin, ids.new_id())
    return await with_pin(edge, entry, act, status=CREATED)
