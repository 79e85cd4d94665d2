"""Use cases that change who a person is to us: register, sign in, new PIN, new number, close.

Locks are taken in one order: codes, PINs, principals, sessions, authorisations to be voided.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from tael.identity.authorisations import use_authorisation
from tael.identity.codes import RightCode, use_code
from tael.identity.errors import (
    AlreadyRegistered,
    CodeNotFresh,
    NotRegistered,
    PhoneUnavailable,
    SignedOut,
)
from tael.identity.events import PhoneChanged
from tael.identity.notices import notify
from tael.identity.phones import Phone
from tael.identity.pins import PinHash, store_pin
from tael.identity.rules import AuthorisationTerms, Bearer
from tael.identity.sessions import (
    SessionView,
    SignedIn,
    end_sessions,
    move_session,
    raise_session,
    start_session,
)
from tael.identity.states import EndReason
from tael.kernel import ids
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.money import CNY, Money
from tael.kernel.outbox import emit
from tael.kernel.sealed import Sealer
from tael.notifications import Template


async def confirm_phone(
    session: WriteSession, right: RightCode, device_id: UUID, *, sealer: Sealer, now: datetime
) -> SignedIn:
    """Spend a right code: a session that may go on to the PIN, or to open a wallet."""
    phone = await use_code(session, right, sealer=sealer, now=now)
    return await start_session(session, phone, device_id, sealer=sealer, now=now)


async def phone_of(session: ReadSession, view: SessionView, *, sealer: Sealer) -> Phone:
    """The number that a session confirmed; refuses `identity.signed_out` if it is gone."""
    sealed = await session.fetchval(
        "SELECT phone_sealed FROM identity_sessions WHERE id = $1", view.session_id
    )
    if sealed is None:
        raise SignedOut
    return Phone.unseal(sealed, sealer)


@dataclass(frozen=True, slots=True)
class Registration:
    """A new customer with the PIN they chose."""

    customer_id: UUID
    pin_hash: PinHash
    language: str


async def register(
    session: WriteSession,
    view: SessionView,
    registration: Registration,
    *,
    sealer: Sealer,
    now: datetime,
) -> SignedIn:
    """Make the number of this session a customer's, and sign the session in.

    Refuses `identity.already_registered` when the number has a wallet, also if somebody else
    opens one at this very moment.
    """
    phone = await phone_of(session, view, sealer=sealer)
    registered = await session.fetchval(
        """
        INSERT INTO identity_principals
            (customer_id, phone_hash, phone_sealed, phone_masked, language, registered_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (phone_hash) WHERE closed_at IS NULL DO NOTHING
        RETURNING true
        """,
        registration.customer_id,
        view.phone_hash,
        phone.seal(sealer),
        phone.masked,
        registration.language,
        now,
    )
    if not registered:
        raise AlreadyRegistered
    await session.execute(
        "INSERT INTO identity_pins (customer_id, hash, set_at) VALUES ($1, $2, $3)",
        registration.customer_id,
        registration.pin_hash.text,
        now,
    )
    return await raise_session(session, view.session_id, registration.customer_id, now=now)


async def sign_in(
    session: WriteSession, view: SessionView, customer_id: UUID, *, now: datetime
) -> SignedIn:
    """Raise a session whose PIN was confirmed in this transaction.

    Refuses `identity.not_registered` if the number stopped being this customer's meanwhile.
    """
    await _lock_owner(session, view, customer_id)
    return await raise_session(session, view.session_id, customer_id, now=now)


async def _lock_owner(session: WriteSession, view: SessionView, customer_id: UUID) -> None:
    """Hold the session's number to its customer; refuses `identity.not_registered`."""
    owner = await session.fetchval(
        """
        SELECT customer_id
        FROM identity_principals
        WHERE phone_hash = $1
          AND closed_at IS NULL
        FOR NO KEY UPDATE
        """,
        view.phone_hash,
    )
    if owner != customer_id:
        raise NotRegistered


@dataclass(frozen=True, slots=True)
class NewPin:
    """A PIN that takes the place of another."""

    customer_id: UUID
    pin_hash: PinHash


async def change_pin(
    session: WriteSession, view: SessionView, new: NewPin, *, sealer: Sealer, now: datetime
) -> None:
    """Replace a PIN whose old one was confirmed in this transaction.

    Every other session ends at once, and what the old PIN authorised is void.
    """
    await store_pin(session, new.customer_id, new.pin_hash, now=now)
    live = await end_sessions(
        session, new.customer_id, EndReason.PIN_CHANGED, keep=view.session_id, now=now
    )
    if view.session_id not in live:
        raise SignedOut
    await notify(session, new.customer_id, Template.PIN_CHANGED, sealer=sealer, now=now)


@dataclass(frozen=True, slots=True)
class Moment:
    """Both clocks at one instant: the machine's for sessions, the bank's for cooling off."""

    machine: datetime
    business: datetime


async def reset_pin(
    session: WriteSession,
    view: SessionView,
    new: NewPin,
    *,
    sealer: Sealer,
    now: Moment,
) -> SignedIn:
    """Set a new PIN for one who has just confirmed the number; lifts a lock.

    Every other session ends, and transfers to new payees wait a day. Whether more proof than
    the number is needed (classes 1 to 3) is decided above. Refuses `identity.code_not_fresh`.
    """
    if not view.phone_is_fresh(now.machine):
        raise CodeNotFresh
    await store_pin(session, new.customer_id, new.pin_hash, now=now.machine)
    await _lock_owner(session, view, new.customer_id)
    await _note_secret_change(session, new.customer_id, now.business)
    await end_sessions(
        session, new.customer_id, EndReason.PIN_RESET, keep=view.session_id, now=now.machine
    )
    await notify(session, new.customer_id, Template.PIN_RESET, sealer=sealer, now=now.machine)
    return await raise_session(session, view.session_id, new.customer_id, now=now.machine)


@dataclass(frozen=True, slots=True)
class PhoneChange:
    """A right code from the new number, and the customer's authorisation."""

    code: RightCode
    authorisation_id: UUID


async def change_phone(
    session: WriteSession,
    bearer: Bearer,
    change: PhoneChange,
    *,
    sealer: Sealer,
    now: Moment,
) -> SignedIn:
    """Move a customer to another number; the old one is told, every other session ends.

    Refuses `identity.phone_unavailable` for the number of an open wallet, which only its
    holder can learn, for the code went there.
    """
    own = ids.wire("cus", bearer.customer_id)
    await use_authorisation(
        session,
        change.authorisation_id,
        AuthorisationTerms("change_phone", own, Money(0, CNY)),
        bearer,
        machine_now=now.machine,
    )
    phone = await use_code(session, change.code, sealer=sealer, now=now.machine)
    await notify(
        session,
        bearer.customer_id,
        Template.PHONE_CHANGED,
        {"phone": phone.masked},
        sealer=sealer,
        now=now.machine,
    )
    await _move(session, bearer.customer_id, phone, sealer)
    await _note_secret_change(session, bearer.customer_id, now.business)
    await end_sessions(
        session,
        bearer.customer_id,
        EndReason.PHONE_CHANGED,
        keep=bearer.session_id,
        now=now.machine,
    )
    signed = await move_session(session, bearer.session_id, phone, sealer=sealer, now=now.machine)
    await emit(session, PhoneChanged(customer=bearer.customer_id, phone_masked=phone.masked))
    return signed


async def _move(session: WriteSession, customer_id: UUID, phone: Phone, sealer: Sealer) -> None:
    """Give the principal another number; the unique index decides who has it first."""
    try:
        async with session.savepoint():
            tag = await session.execute(
                """
                UPDATE identity_principals
                SET phone_hash = $2, phone_sealed = $3, phone_masked = $4
                WHERE customer_id = $1
                  AND closed_at IS NULL
                  AND phone_hash <> $2
                """,
                customer_id,
                phone.hash(sealer),
                phone.seal(sealer),
                phone.masked,
            )
    except asyncpg.UniqueViolationError:
        raise PhoneUnavailable from None
    if tag != "UPDATE 1":
        raise PhoneUnavailable


async def _note_secret_change(session: WriteSession, customer_id: UUID, at: datetime) -> None:
    await session.execute(
        "UPDATE identity_principals SET secret_changed_at = $2 WHERE customer_id = $1",
        customer_id,
        at,
    )


async def set_language(session: WriteSession, customer_id: UUID, language: str) -> None:
    """Write to this customer in another language from now on."""
    await session.execute(
        "UPDATE identity_principals SET language = $2 WHERE customer_id = $1",
        customer_id,
        language,
    )


async def close_principal(session: WriteSession, customer_id: UUID, *, now: datetime) -> None:
    """End all sessions of a customer whose wallet closes; the number is free again."""
    await session.execute(
        """
        UPDATE identity_principals
        SET closed_at = $2
        WHERE customer_id = $1
          AND closed_at IS NULL
        """,
        customer_id,
        now,
    )
    await end_sessions(session, customer_id, EndReason.CLOSED, now=now)
