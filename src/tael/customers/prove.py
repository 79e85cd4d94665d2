"""Prove who a customer is: for an upgrade from class 4 to 3, or again for a forgotten PIN.

The check crosses the network, so it has two steps with no transaction across them: `begin_…`
writes an intent in the caller's transaction, and the second step asks by the intent's id and
records the answer. The second step may run again after a crash or an unknown outcome: the
same id is one check. Nothing here can make a wallet's limits less.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from tael.customers.errors import (
    AlreadyProven,
    IdentityInUse,
    IdentityMismatch,
    IdentityNotProven,
    ProofingUnanswered,
    WalletClosed,
    WalletFrozen,
)
from tael.customers.people import Person, person, refuse_portrait, spelt
from tael.customers.proofing import IdentityProofing, Inquiry, ProofingUnsure, Verdict
from tael.customers.queries import (
    ProfileHashes,
    Wallet,
    id_context,
    lock_wallet,
    name_context,
    profile_hashes,
)
from tael.customers.service import raise_class
from tael.customers.states import PROOFING_CHANGES, ProofingState, WalletClass, WalletStatus
from tael.kernel import ids, masks, rate_limits
from tael.kernel.clock import business_day, business_now, machine_now
from tael.kernel.database import Database, ReadSession, WriteSession
from tael.kernel.refusals import Refusal
from tael.kernel.sealed import Sealer

CHECKS_A_DAY: Final = 5
"""How many checks one customer may begin a day."""

CHECKS_OF_A_PERSON_A_DAY: Final = 20
"""How many may be begun about one person by all: strangers cannot lock that person out alone."""

RETRY_AFTER_S: Final = 60
_DAY_S: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityClaim:
    """Who a customer says they are, as typed, and a picture of their face."""

    customer_id: UUID
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    portrait: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prover:
    """Whoever checks, and what seals the result: made once by the composition root."""

    proofing: IdentityProofing
    sealer: Sealer


async def begin_upgrade(
    session: WriteSession, claim: IdentityClaim, *, sealer: Sealer, now: datetime
) -> UUID:
    """Begin to raise a class 4 wallet to class 3; returns the check's id.

    Refuses `customers.already_proven`, `customers.wallet_frozen`, `request.too_many`, and
    those of the claim's form.
    """
    someone = _well_formed(claim, now)
    held = await _lock_open(session, claim.customer_id)
    if held.wallet_class <= WalletClass.ID_PROVEN:
        raise AlreadyProven
    if held.status is WalletStatus.FROZEN:
        raise WalletFrozen
    return await _begin(session, claim, ProfileHashes.of(someone, sealer))


async def prove_identity(
    database: Database, prover: Prover, check: UUID, claim: IdentityClaim
) -> None:
    """Finish an upgrade that was begun with this claim: the wallet is class 3 afterwards.

    Refuses `customers.identity_mismatch`, `customers.identity_in_use`, and
    `customers.proofing_unanswered`; the present limits stay then.
    """
    someone = spelt(claim.name, claim.id_number)
    verdict = await _verdict(database, prover, check, Inquiry(check, someone, claim.portrait))
    async with database.write() as session:
        refusal = await _record(session, check, verdict)
        if refusal is None:
            refusal = await _raise_to_3(session, prover.sealer, claim.customer_id, check, someone)
    if refusal is not None:
        raise refusal


async def begin_verification(
    session: WriteSession, claim: IdentityClaim, *, sealer: Sealer, now: datetime
) -> UUID:
    """Begin to make sure that whoever asks is the wallet's proven holder; returns the check's id.

    For a forgotten PIN in class 3 and better, in a frozen wallet too. Refuses
    `customers.identity_not_proven` in class 4, `request.too_many`, and those of the claim's form.
    """
    someone = _well_formed(claim, now)
    await _lock_open(session, claim.customer_id)
    if await profile_hashes(session, claim.customer_id) is None:
        raise IdentityNotProven
    return await _begin(session, claim, ProfileHashes.of(someone, sealer))


async def verification_begun(session: ReadSession, check: UUID) -> bool:
    """Whether this id is a check's: what was begun while no name was known has none."""
    begun: bool = await session.fetchval(
        "SELECT EXISTS (SELECT FROM customers_proofings WHERE id = $1)", check
    )
    return begun


async def verify_identity_again(
    database: Database, prover: Prover, check: UUID, claim: IdentityClaim
) -> None:
    """Finish a verification that was begun with this claim; returns if it is the holder.

    Refuses `customers.identity_mismatch` and `customers.proofing_unanswered`.
    """
    someone = spelt(claim.name, claim.id_number)
    async with database.read() as reader:
        proven = await profile_hashes(reader, claim.customer_id)
    verdict: Verdict | None = Verdict.MISMATCH
    # Not the holder, whatever the checker would say: it need not see the face.
    if proven == ProfileHashes.of(someone, prover.sealer):
        verdict = await _verdict(database, prover, check, Inquiry(check, someone, claim.portrait))
    async with database.write() as session:
        refusal = await _record(session, check, verdict)
    if refusal is not None:
        raise refusal


def _well_formed(claim: IdentityClaim, now: datetime) -> Person:
    refuse_portrait(claim.portrait)
    return person(claim.name, claim.id_number, today=business_day(now))


async def _lock_open(session: WriteSession, customer: UUID) -> Wallet:
    held = await lock_wallet(session, customer)
    if held.status is WalletStatus.CLOSED:
        raise WalletClosed
    return held


async def _begin(session: WriteSession, claim: IdentityClaim, hashes: ProfileHashes) -> UUID:
    """Count the attempt and write the intent: both are committed before the question is asked."""
    now = machine_now()
    for bucket, limit in (
        (f"proofing:customer:{claim.customer_id}", CHECKS_A_DAY),
        (f"proofing:person:{hashes.id_hash.hex()}", CHECKS_OF_A_PERSON_A_DAY),
    ):
        await rate_limits.take(session, bucket, limit=limit, window_s=_DAY_S, now=now)
    check = ids.new_id()
    await session.execute(
        """
        INSERT INTO customers_proofings
            (id, customer_id, state, name_hash, id_hash, portrait_sha256, started_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        check,
        claim.customer_id,
        ProofingState.STARTED.value,
        hashes.name_hash,
        hashes.id_hash,
        hashlib.sha256(claim.portrait).digest(),
        now,
    )
    return check


async def _verdict(
    database: Database, prover: Prover, check: UUID, inquiry: Inquiry
) -> Verdict | None:
    """The verdict that is recorded already, or the checker's; None when that is unknown."""
    async with database.read() as session:
        state = await session.fetchval("SELECT state FROM customers_proofings WHERE id = $1", check)
    match ProofingState(state):
        case ProofingState.PASSED:
            return Verdict.MATCH
        case ProofingState.REFUSED:
            return Verdict.MISMATCH
        case ProofingState.STARTED | ProofingState.UNKNOWN:
            return await _ask(prover.proofing, inquiry)


async def _ask(proofing: IdentityProofing, inquiry: Inquiry) -> Verdict | None:
    """The verdict, or None when the outcome is unknown."""
    try:
        return await proofing.check(inquiry)
    except ProofingUnsure:
        return None


async def _record(session: WriteSession, check: UUID, verdict: Verdict | None) -> Refusal | None:
    """Keep the answer; returns the refusal, so that what was kept is committed with it."""
    match verdict:
        case None:
            await _end(session, check, ProofingState.UNKNOWN)
            return ProofingUnanswered(retry_after_s=RETRY_AFTER_S)
        case Verdict.MISMATCH:
            await _end(session, check, ProofingState.REFUSED)
            return IdentityMismatch()
        case Verdict.MATCH:
            await _end(session, check, ProofingState.PASSED)
            return None


async def _end(session: WriteSession, check: UUID, state: ProofingState) -> None:
    """Move a check on; one that a twin has ended meanwhile stays as it is."""
    sources = [before.value for before, after in PROOFING_CHANGES.items() if state in after]
    await session.execute(
        """
        UPDATE customers_proofings
        SET state = $2, finished_at = $3
        WHERE id = $1 AND state = ANY($4::text[])
        """,
        check,
        state.value,
        None if PROOFING_CHANGES[state] else machine_now(),
        sources,
    )


async def _raise_to_3(
    session: WriteSession, sealer: Sealer, customer: UUID, check: UUID, someone: Person
) -> Refusal | None:
    """Seal the proven person and raise the class, unless the wallet changed meanwhile."""
    held = await lock_wallet(session, customer)
    if held.status is WalletStatus.CLOSED:
        return WalletClosed()
    if held.status is WalletStatus.FROZEN:
        return WalletFrozen()
    if held.wallet_class <= WalletClass.ID_PROVEN:
        return None  # This check, or another, has done it already.
    hashes = ProfileHashes.of(someone, sealer)
    tag = await session.execute(
        """
        INSERT INTO customers_profiles
            (customer_id, name_sealed, id_number_sealed, name_hash, id_hash,
             proofing_id, proven_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id_hash) WHERE released_at IS NULL DO NOTHING
        """,
        customer,
        sealer.seal(someone.name.encode(), context=name_context(customer)),
        sealer.seal(someone.id_number.encode(), context=id_context(customer)),
        hashes.name_hash,
        hashes.id_hash,
        check,
        await business_now(session),
    )
    if tag == "INSERT 0 0":
        # Said only to somebody whose face matched: nobody learns it about another person.
        return IdentityInUse()
    await session.execute(
        "UPDATE customers_wallets SET name_masked = $2 WHERE customer_id = $1",
        customer,
        masks.name(someone.name),
    )
    await raise_class(session, held, WalletClass.ID_PROVEN)
    return None
