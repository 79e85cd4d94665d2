"""Bank cards of the customer: recognise, bind, see, remove."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ConfigDict, Field, StringConstraints

from tael import customers, identity, instruments
from tael.http.code_entry import SixDigits
from tael.http.edge import CREATED, Edge
from tael.http.guards import SignedIn, SignedInAsking
from tael.http.problems import problems
from tael.http.wallets import WalletBody, own_wallet
from tael.http.wire import Instant, Text, Wire
from tael.kernel import ids, rate_limits
from tael.kernel.clock import machine_now
from tael.kernel.database import WriteSession

router: Final = APIRouter(tags=["cards"])

ACCEPTED: Final = 202
_DAY_S: Final = 24 * 60 * 60

CardNumber = Annotated[
    str, StringConstraints(pattern=r"^[0-9][0-9 -]{4,28}[0-9]$"), Field(repr=False)
]
"""A card number, or its beginning, as people type it."""


class BankName(Wire):
    """A bank's name in the languages of the app."""

    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    zh_cn: str = Field(alias="zh-CN", examples=["示例银行"])
    en: str = Field(examples=["Demo Bank"])

    @classmethod
    def of(cls, bank: instruments.Bank) -> "BankName":
        return cls.model_validate({"zh-CN": bank.name_zh, "en": bank.name_en})


class CardBody(Wire):
    """A bound card. Of its number, the first six and the last four digits are ever shown."""

    card: str = Field(examples=["crd_01h455vb4pex5vsknk084sn02q"])
    bank: str = Field(examples=["demo"])
    bank_name: BankName
    kind: Literal["debit", "credit"]
    last4: str = Field(examples=["0016"])
    bin: str = Field(examples=["999101"])
    holder_masked: str = Field(examples=["*小明"])
    own_name: bool = Field(description="Whether it is in the name proven for this wallet.")
    can: list[Literal["top_up", "withdraw", "pay"]]
    bound_at: Instant

    @classmethod
    def of(cls, card: instruments.Card) -> "CardBody":
        """This card on the wire."""
        return cls.model_validate(
            {
                "card": ids.wire("crd", card.id),
                "bank": card.bank.code,
                "bank_name": BankName.of(card.bank),
                "kind": card.kind.value,
                "last4": card.last4,
                "bin": card.bin,
                "holder_masked": card.holder_masked,
                "own_name": card.own_name,
                "can": [use.value for use in instruments.CardUse if use in card.can],
                "bound_at": card.bound_at,
            }
        )


class CardsBody(Wire):
    """The customer's cards, the newest first."""

    cards: list[CardBody]


class NumberTyped(Wire):
    """A card number while it is typed: the first six digits are enough."""

    number: CardNumber = Field(examples=["9991010000000000016"])


class RecognisedBody(Wire):
    """The bank that issues cards with this beginning."""

    bank: str = Field(examples=["demo"])
    bank_name: BankName
    kind: Literal["debit", "credit"]
    valid_luhn: bool | None = Field(
        description="Whether the check digit is right; null while digits are missing."
    )


class BindingAsked(Wire):
    """A card's four elements, as its bank knows them."""

    number: CardNumber = Field(examples=["9991010000000000016"])
    name: Annotated[Text, Field(min_length=1, max_length=100, repr=False)]
    id_number: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{17}[0-9Xx]$"), Field(repr=False)
    ] = Field(examples=["110101199003070038"])
    phone: Annotated[Text, Field(max_length=32, repr=False, examples=["13800001234"])]

    def told(self) -> instruments.Told:
        """The elements in one spelling; refuses `identity.phone_invalid`."""
        return instruments.Told(
            number=instruments.bare(self.number),
            name=" ".join(self.name.split()),
            id_number=self.id_number.upper(),
            phone=identity.Phone.parse(self.phone).e164,
        )


class BindingBody(Wire):
    """A binding on its way: the bank has sent a code to the phone that it knows."""

    binding: str = Field(examples=["cbd_01h455vb4pex5vsknk084sn02q"])
    phone_masked: str = Field(examples=["138****1234"])
    expires_at: Instant
    resend_after_s: int


class CodeTyped(Wire):
    """The code that the bank sent."""

    code: SixDigits


class BoundBody(Wire):
    """The card that was bound, and the wallet, whose class may have risen."""

    card: CardBody
    wallet: WalletBody


@router.get("/cards", responses=problems(identity.SignedOut, identity.PinRequired))
async def see_cards(edge: SignedIn) -> CardsBody:
    """The cards that are bound to the wallet."""
    async with edge.services.database.read() as session:
        found = await instruments.cards(session, edge.customer_id)
    return CardsBody(cards=[CardBody.of(card) for card in found])


@router.post(
    "/cards/recognise",
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        instruments.errors.BankUnknown,
    ),
)
async def recognise(
    edge: SignedInAsking,  # noqa: ARG001 - the guard is what is wanted
    typed: NumberTyped,
) -> RecognisedBody:
    """Tell the bank of a card from its first digits, while it is typed."""
    number = instruments.bare(typed.number)
    found = instruments.recognised(number, instruments.ranges())
    return RecognisedBody(
        bank=found.bank.code,
        bank_name=BankName.of(found.bank),
        kind=found.kind.value,
        valid_luhn=instruments.has_valid_check_digit(number, found.kind),
    )


@router.post(
    "/cards/bindings",
    status_code=ACCEPTED,
    response_model=BindingBody,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.PhoneInvalid,
        customers.errors.WalletFrozen,
        customers.errors.WalletClosed,
        instruments.errors.CardNumberInvalid,
        instruments.errors.BankUnknown,
        instruments.errors.CardAlreadyBound,
        instruments.errors.TooManyCards,
        instruments.errors.DetailsMismatch,
        instruments.errors.CardRestricted,
        instruments.errors.BankUnanswered,
    ),
)
async def begin_binding(edge: SignedIn, asked: BindingAsked) -> Response:
    """Have the card's bank check the four elements and text its code to the card's phone."""
    services, told = edge.services, asked.told()

    async def begin(session: WriteSession, _now: datetime) -> UUID:
        return await instruments.begin_binding(
            session, edge.customer_id, told, sealer=services.sealer
        )

    async def finish(binding: UUID) -> BindingBody:
        sent = await instruments.ask_bank(
            services.database,
            services.card_verification,
            instruments.BindingId(binding),
            sealer=services.sealer,
        )
        return BindingBody(
            binding=ids.wire("cbd", sent.id),
            phone_masked=sent.phone_masked,
            expires_at=sent.expires_at,
            resend_after_s=int(instruments.RESEND_AFTER.total_seconds()),
        )

    await _count(edge, told.number)
    return await edge.steps(begin, finish, status=ACCEPTED)


@router.post(
    "/cards/bindings/{binding}/confirm",
    status_code=CREATED,
    response_model=BoundBody,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        customers.errors.WalletFrozen,
        customers.errors.WalletClosed,
        instruments.errors.BindingNotFound,
        instruments.errors.BindingEnded,
        instruments.errors.BindingCodeWrong,
        instruments.errors.CardAlreadyBound,
        instruments.errors.TooManyCards,
        instruments.errors.BankUnanswered,
    ),
)
async def confirm_binding(edge: SignedIn, binding: str, typed: CodeTyped) -> Response:
    """Bind the card with the code that its bank sent. An own debit card raises class 3 to 2."""
    services = edge.services
    binding_id = instruments.BindingId(ids.parse("cbd", binding))

    async def begin(session: WriteSession, _now: datetime) -> UUID:
        return await instruments.take_code(session, edge.customer_id, binding_id)

    async def finish(_binding: UUID) -> BoundBody:
        card = await instruments.confirm(
            services.database,
            services.card_verification,
            binding_id,
            typed.code,
            sealer=services.sealer,
        )
        # From the writer: a replica may not have the new class yet.
        async with services.database.write() as session:
            wallet = await own_wallet(session, edge.customer_id)
        return BoundBody(card=CardBody.of(card), wallet=wallet)

    return await edge.steps(begin, finish, status=CREATED)


@router.delete(
    "/cards/{card}",
    status_code=204,
    response_class=Response,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        instruments.errors.CardUnknown,
        instruments.errors.CardBusy,
    ),
)
async def remove_card(edge: SignedIn, card: str) -> Response:
    """Unbind a card and forget its number."""
    card_id = instruments.CardId(ids.parse("crd", card))

    async def act(session: WriteSession, _now: datetime) -> None:
        await instruments.remove_card(session, edge.customer_id, card_id)

    return await edge.once(act)


async def _count(edge: Edge, number: str) -> None:
    """Count an attempt to bind a card: by customer, by address, and by card, whoever tries it."""
    known = instruments.pan_hash(number, edge.services.sealer).hex()
    buckets = {
        f"binding:{edge.customer_id}": instruments.BINDINGS_A_DAY,
        f"binding-from:{edge.address}": instruments.BINDINGS_AN_ADDRESS,
        f"binding-of:{known}": instruments.CARD_TRIES_A_DAY,
    }

    async def take(session: WriteSession) -> None:
        for bucket, limit in buckets.items():
            await rate_limits.take(session, bucket, limit=limit, window_s=_DAY_S, now=machine_now())

    await edge.count(take)
