"""The customer's own wallet: open, see, prove who one is, freeze, close."""

import base64
import binascii
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from tael import customers, identity, ledger
from tael.http.code_entry import SixDigits
from tael.http.edge import CREATED, Answer, Edge
from tael.http.guards import Device, SignedIn
from tael.http.identity import Language
from tael.http.problems import problems
from tael.http.wire import Identifier, Instant, MoneyWire, Text, Wire
from tael.kernel import ids
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import ReadSession, WriteSession

router: Final = APIRouter(tags=["wallet"])

PORTRAIT_TEXT_MAX: Final = 400_000
"""300 kB in base64."""


class WalletBody(Wire):
    """A wallet and the money in it."""

    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    customer: str = Field(examples=["cus_01h455vb4pex5vsknk084sn02q"])
    wallet_class: int = Field(alias="class", ge=1, le=4, examples=[4])
    status: Literal["active", "frozen", "closed"]
    balance: MoneyWire
    available: MoneyWire = Field(description="The balance less what is held.")
    held: MoneyWire
    name_masked: str | None = Field(examples=["*小明"])
    phone_masked: str = Field(examples=["138****1234"])
    interest: bool = Field(description="Whether the balance earns interest in this class.")
    opened_at: Instant
    language: Language


class WalletAsked(Wire):
    """What a wallet is opened with."""

    pin: SixDigits = Field(examples=["804219"])
    terms_version: Text = Field(max_length=32, examples=["2026-01"])
    language: Language = "zh-CN"


class LanguageChosen(Wire):
    """The language to speak to the customer in."""

    language: Language


class IdentityShown(Wire):
    """Who the customer is, as on the resident identity card, and a picture of their face."""

    name: Text = Field(max_length=100, repr=False, examples=["王小明"])
    id_number: Text = Field(max_length=40, repr=False, examples=["110101199003070038"])
    portrait: str = Field(
        max_length=PORTRAIT_TEXT_MAX,
        repr=False,
        description="A JPEG or PNG picture of 300 kB at most, in base64.",
    )

    def claim_of(self, customer_id: UUID) -> customers.IdentityClaim:
        """What was shown, as this customer's claim; refuses `customers.portrait_malformed`."""
        try:
            portrait = base64.b64decode(self.portrait, validate=True)
        except (binascii.Error, ValueError):
            raise customers.errors.PortraitMalformed(why="format") from None
        return customers.IdentityClaim(
            customer_id=customer_id,
            name=self.name,
            id_number=self.id_number,
            portrait=portrait,
        )


class Authorised(Wire):
    """An authorisation that the PIN gave for this very act."""

    authorisation: Identifier = Field(examples=["aut_01h455vb4pex5vsknk084sn02q"])


class ObstacleBody(Wire):
    """One thing that stands against closing."""

    code: str = Field(examples=["customers.balance_left"])
    title: str


class KeptBody(Wire):
    """One kind of record that is kept after closing."""

    kind: str = Field(examples=["movements"])
    what: str
    why: str
    until: date | None = Field(description="The last day on which it must be kept.")

    @classmethod
    def of(cls, kept: customers.Kept) -> "KeptBody":
        """This record on the wire."""
        return cls(kind=kept.kind, what=kept.what, why=kept.why, until=kept.until)


class ClosingBody(Wire):
    """Whether the wallet can be closed now, and what would be kept."""

    can_close: bool
    obstacles: list[ObstacleBody]
    kept: list[KeptBody]


class ClosedBody(Wire):
    """The receipt of a closed wallet."""

    closed_at: Instant
    kept: list[KeptBody]


async def wallet_body(session: ReadSession, wallet: customers.Wallet, now: datetime) -> WalletBody:
    """A wallet with its money, as its holder sees it."""
    money = await ledger.balance(session, wallet.account_number, now=now)
    return WalletBody.model_validate(
        {
            "customer": ids.wire("cus", wallet.customer_id),
            "wallet_class": wallet.wallet_class.value,
            "status": wallet.status.value,
            "balance": MoneyWire.of(money.balance),
            "available": MoneyWire.of(money.available),
            "held": MoneyWire.of(money.held),
            "name_masked": wallet.name_masked,
            "phone_masked": wallet.phone_masked,
            "interest": wallet.caps(now).interest,
            "opened_at": wallet.opened_at,
            "language": wallet.language,
        }
    )


async def own_wallet(session: ReadSession, customer_id: UUID) -> WalletBody:
    """The customer's wallet as it is now."""
    wallet = await customers.wallet(session, customer_id)
    return await wallet_body(session, wallet, await business_now(session))


@router.post(
    "/wallets",
    status_code=CREATED,
    response_model=WalletBody,
    responses=problems(
        identity.SignedOut,
        identity.PinWeak,
        identity.AlreadyRegistered,
        customers.errors.TermsOutdated,
    ),
)
async def open_wallet(edge: Device, asked: WalletAsked) -> Response:
    """Open a class 4 wallet for the verified phone number, and sign in."""
    customer_id = ids.new_id()
    hashed = await _chosen_pin(edge, customer_id, asked.pin)

    async def act(session: WriteSession, now: datetime) -> Answer:
        # Asked inside, so that a retry whose first reply was lost finds that reply.
        if edge.session is None or hashed is None:
            raise identity.SignedOut
        signed = await identity.register(
            session,
            edge.session,
            identity.Registration(customer_id, hashed, asked.language),
            sealer=edge.services.sealer,
            now=machine_now(),
        )
        phone = await identity.phone_of(session, edge.session, sealer=edge.services.sealer)
        new = customers.NewWallet(
            customer_id=customer_id,
            phone_masked=phone.masked,
            terms_version=asked.terms_version,
            language=asked.language,
        )
        wallet = await customers.open_wallet(session, new, now=now)
        return Answer(model=await wallet_body(session, wallet, now), token=signed.token)

    return await edge.once(act, status=CREATED)


@router.get("/wallet", responses=problems(identity.SignedOut, identity.PinRequired))
async def see_wallet(edge: SignedIn) -> WalletBody:
    """The wallet and the money in it."""
    async with edge.services.database.read() as session:
        return await own_wallet(session, edge.customer_id)


@router.post(
    "/wallet/language",
    response_model=WalletBody,
    responses=problems(identity.SignedOut, identity.PinRequired, customers.errors.WalletClosed),
)
async def choose_language(edge: SignedIn, chosen: LanguageChosen) -> Response:
    """Choose the language of messages and receipts."""

    async def act(session: WriteSession, now: datetime) -> WalletBody:
        wallet = await customers.set_language(session, edge.customer_id, chosen.language)
        return await wallet_body(session, wallet, now)

    return await edge.once(act)


@router.post(
    "/upgrades/identity",
    response_model=WalletBody,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        customers.errors.NameMalformed,
        customers.errors.IdNumberInvalid,
        customers.errors.TooYoung,
        customers.errors.PortraitMalformed,
        customers.errors.AlreadyProven,
        customers.errors.WalletFrozen,
        customers.errors.IdentityMismatch,
        customers.errors.IdentityInUse,
        customers.errors.ProofingUnanswered,
    ),
)
async def prove_identity(edge: SignedIn, shown: IdentityShown) -> Response:
    """Raise the wallet to class 3 by name, resident ID number and face."""
    services = edge.services
    claim = shown.claim_of(edge.customer_id)

    async def begin(session: WriteSession, now: datetime) -> UUID:
        return await customers.begin_upgrade(session, claim, sealer=services.sealer, now=now)

    async def finish(check: UUID) -> WalletBody:
        await customers.prove_identity(services.database, services.prover, check, claim)
        # From the writer: a replica may not have the new class yet.
        async with services.database.write() as session:
            return await own_wallet(session, edge.customer_id)

    return await edge.steps(begin, finish)


@router.post(
    "/wallet/freeze",
    response_model=WalletBody,
    responses=problems(identity.SignedOut, identity.PinRequired, customers.errors.WalletClosed),
)
async def freeze(edge: SignedIn) -> Response:
    """Let nothing leave the wallet from now on. Needs no PIN; money still arrives."""

    async def act(session: WriteSession, now: datetime) -> WalletBody:
        wallet = await customers.freeze(session, edge.customer_id, now=now)
        return await wallet_body(session, wallet, now)

    return await edge.once(act)


@router.post(
    "/wallet/unfreeze",
    response_model=WalletBody,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.AuthorisationInvalid,
        customers.errors.WalletNotFrozen,
        customers.errors.WalletClosed,
    ),
)
async def unfreeze(edge: SignedIn, authorised: Authorised) -> Response:
    """Let the wallet spend again, by an authorisation of purpose `unfreeze`."""
    authorisation = ids.parse("aut", authorised.authorisation)

    async def act(session: WriteSession, now: datetime) -> WalletBody:
        wallet = await customers.unfreeze(
            session, _bearer(edge), authorisation, machine_now=machine_now()
        )
        return await wallet_body(session, wallet, now)

    return await edge.once(act)


@router.get(
    "/wallet/closing",
    responses=problems(identity.SignedOut, identity.PinRequired, customers.errors.WalletClosed),
)
async def see_closing(edge: SignedIn) -> ClosingBody:
    """What stands against closing the wallet now, and what would be kept until when."""
    async with edge.services.database.read() as session:
        preview = await customers.closing_preview(
            session, edge.customer_id, now=await business_now(session)
        )
    return ClosingBody(
        can_close=not preview.obstacles,
        obstacles=[ObstacleBody(code=each.code, title=each.title) for each in preview.obstacles],
        kept=[KeptBody.of(each) for each in preview.kept],
    )


@router.post(
    "/wallet/close",
    response_model=ClosedBody,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.AuthorisationInvalid,
        customers.errors.ClosingObstructed,
        customers.errors.WalletFrozen,
        customers.errors.WalletClosed,
    ),
)
async def close(edge: SignedIn, authorised: Authorised) -> Response:
    """Close the wallet for good, by an authorisation of purpose `close_wallet`; signs out."""
    authorisation = ids.parse("aut", authorised.authorisation)

    async def act(session: WriteSession, now: datetime) -> Answer:
        receipt = await customers.close(
            session, _bearer(edge), authorisation, now=now, machine_now=machine_now()
        )
        body = ClosedBody(
            closed_at=receipt.closed_at, kept=[KeptBody.of(each) for each in receipt.kept]
        )
        return Answer(model=body, sign_out=True)

    return await edge.once(act)


async def _chosen_pin(edge: Edge, customer_id: UUID, pin: str) -> identity.PinHash | None:
    """The PIN's hash, made outside any transaction; None without a verified number."""
    if edge.session is None or edge.session.customer_id is not None:
        return None
    async with edge.services.database.read() as session:
        phone = await identity.phone_of(session, edge.session, sealer=edge.services.sealer)
    return await edge.services.pins.choose(customer_id, pin, identity.PinFacts(phone=phone.e164))


def _bearer(edge: Edge) -> identity.Bearer:
    return identity.Bearer(edge.customer_id, edge.view.session_id)
