"""Open, freeze and unfreeze wallets; keep language, phone mask and class as they change."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tael import identity, ledger
from tael.customers.classes import note_class
from tael.customers.errors import TermsOutdated, WalletClosed, WalletNotFrozen
from tael.customers.events import ClassRaised, WalletFrozen, WalletOpened, WalletUnfrozen
from tael.customers.people import spelt
from tael.customers.queries import ProfileHashes, Wallet, lock_wallet, profile_hashes, wallet
from tael.customers.states import WALLET_CHANGES, WalletClass, WalletStatus
from tael.customers.terms import TERMS_SUBJECT, TERMS_VERSION
from tael.kernel import ids, outbox
from tael.kernel.clock import business_day, business_now
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.money import CNY, Money
from tael.kernel.sealed import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWallet:
    """What a wallet is opened with: a customer of identity, and the terms they accepted."""

    customer_id: UUID
    phone_masked: str
    terms_version: str
    language: str


async def open_wallet(session: WriteSession, new: NewWallet, *, now: datetime) -> Wallet:
    """Open a class 4 wallet: its account, its row and the consent, in this transaction.

    The edge registers the customer with identity before, in the same transaction; there a
    phone number has one customer, so it has one wallet. Refuses `customers.terms_outdated`.
    """
    if new.terms_version != TERMS_VERSION:
        raise TermsOutdated(current=TERMS_VERSION)
    account = await ledger.open_account(
        session, kind=ledger.AccountKind.CUSTOMER_CASH, holder=new.customer_id, currency=CNY
    )
    today = business_day(now)
    await session.execute(
        """
        INSERT INTO customers_wallets
            (customer_id, account_number, wallet_class, status, phone_masked,
             used_day, used_year, language, terms_version, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        new.customer_id,
        account,
        WalletClass.PHONE_ONLY.value,
        WalletStatus.ACTIVE.value,
        new.phone_masked,
        today,
        today.year,
        new.language,
        new.terms_version,
        now,
    )
    await session.execute(
        """
        INSERT INTO customers_consents (customer_id, subject, version, language, accepted_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        new.customer_id,
        TERMS_SUBJECT,
        new.terms_version,
        new.language,
        now,
    )
    await note_class(session, new.customer_id, WalletClass.PHONE_ONLY, since=now)
    await outbox.emit(session, WalletOpened(customer=new.customer_id))
    return await wallet(session, new.customer_id)


async def freeze(session: WriteSession, customer: UUID, *, now: datetime) -> Wallet:
    """Let nothing leave this wallet from now on; freezing twice is freezing once.

    Asks for no PIN: who has lost a phone or fears a fraud must not be held up. Refuses
    `customers.wallet_closed`.
    """
    held = await lock_wallet(session, customer)
    if held.status is WalletStatus.FROZEN:
        return held
    if WalletStatus.FROZEN not in WALLET_CHANGES[held.status]:
        raise WalletClosed
    await _set_status(session, customer, WalletStatus.FROZEN, frozen_at=now)
    await outbox.emit(session, WalletFrozen(customer=customer))
    return await wallet(session, customer)


async def unfreeze(
    session: WriteSession, bearer: identity.Bearer, authorisation: UUID, *, machine_now: datetime
) -> Wallet:
    """Let the wallet spend again, by an authorisation that the PIN gave.

    Refuses `identity.authorisation_invalid`, `customers.wallet_not_frozen`,
    `customers.wallet_closed`.
    """
    customer = bearer.customer_id
    await identity.use_authorisation(
        session,
        authorisation,
        own_terms("unfreeze", customer),
        bearer,
        machine_now=machine_now,
    )
    held = await lock_wallet(session, customer)
    match held.status:
        case WalletStatus.CLOSED:
            raise WalletClosed
        case WalletStatus.ACTIVE:
            raise WalletNotFrozen
        case WalletStatus.FROZEN:
            await _set_status(session, customer, WalletStatus.ACTIVE, frozen_at=None)
    await outbox.emit(session, WalletUnfrozen(customer=customer))
    return await wallet(session, customer)


async def set_language(session: WriteSession, customer: UUID, language: str) -> Wallet:
    """Speak to the customer in this language, in the app and by SMS."""
    held = await lock_wallet(session, customer)
    if held.status is WalletStatus.CLOSED:
        raise WalletClosed
    await identity.set_language(session, customer, language)
    await session.execute(
        "UPDATE customers_wallets SET language = $2 WHERE customer_id = $1",
        customer,
        language,
    )
    return await wallet(session, customer)


async def set_phone_mask(session: WriteSession, customer: UUID, phone_masked: str) -> None:
    """Follow a changed phone number, so that labels of later movements show the new one."""
    await session.execute(
        "UPDATE customers_wallets SET phone_masked = $2 WHERE customer_id = $1",
        customer,
        phone_masked,
    )


async def same_person(
    session: ReadSession, customer: UUID, *, name: str, id_number: str, sealer: Sealer
) -> bool | None:
    """Whether a wallet's proven holder is this person; None if no name is proven."""
    held = await profile_hashes(session, customer)
    return None if held is None else held == ProfileHashes.of(spelt(name, id_number), sealer)


async def raise_to_2(session: WriteSession, customer: UUID) -> WalletClass:
    """Raise a class 3 wallet to class 2: an own-name bank card stands behind it now.

    The caller has checked the card's four elements, name and ID number by `same_person`
    among them, in this transaction. Better classes stay; without a proven name nothing changes.
    """
    held = await lock_wallet(session, customer)
    if held.status is WalletStatus.ACTIVE and held.wallet_class is WalletClass.ID_PROVEN:
        return await raise_class(session, held, WalletClass.CARD_PROVEN)
    return held.wallet_class


async def raise_class(session: WriteSession, held: Wallet, to: WalletClass) -> WalletClass:
    """Make a locked wallet's class better; never worse."""
    assert to < held.wallet_class, "an upgrade never takes anything away"
    await session.execute(
        "UPDATE customers_wallets SET wallet_class = $2 WHERE customer_id = $1",
        held.customer_id,
        to.value,
    )
    await note_class(session, held.customer_id, to, since=await business_now(session))
    await outbox.emit(
        session,
        ClassRaised(
            customer=held.customer_id, from_class=held.wallet_class.value, to_class=to.value
        ),
    )
    return to


def own_terms(purpose: str, customer: UUID) -> identity.AuthorisationTerms:
    """What an authorisation about the customer's own wallet must say: itself, and no amount."""
    return identity.AuthorisationTerms(
        purpose=purpose, payee=ids.wire("cus", customer), amount=Money(0, CNY)
    )


async def _set_status(
    session: WriteSession, customer: UUID, status: WalletStatus, *, frozen_at: datetime | None
) -> None:
    await session.execute(
        "UPDATE customers_wallets SET status = $2, frozen_at = $3 WHERE customer_id = $1",
        customer,
        status.value,
        frozen_at,
    )
