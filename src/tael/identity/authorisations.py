"""Authorisations: a PIN entered for one act gives one use, for exactly what was shown.

They live two minutes on the machine's clock and die with their session, at sign-out, and when
PIN or number change. Acts use them under a lock, so that fifty at once settle one.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tael.identity import rules
from tael.identity.errors import AuthorisationInvalid
from tael.identity.rules import AuthorisationTerms, Bearer, Grant
from tael.identity.sessions import lock_live_session
from tael.kernel import ids
from tael.kernel.database import RehearsalSession, WriteSession


@dataclass(frozen=True, slots=True)
class Authorisation:
    """What a customer gets for a right PIN."""

    authorisation_id: UUID
    expires_at: datetime


async def authorise(
    session: WriteSession,
    authorisation_id: UUID,
    bearer: Bearer,
    terms: AuthorisationTerms,
    *,
    now: datetime,
) -> Authorisation:
    """Give one authorisation for these terms; the PIN was confirmed in this transaction.

    `now` is the machine's. The same id again gives the same authorisation again. Refuses
    `identity.signed_out` when the session has ended meanwhile.
    """
    await lock_live_session(session, bearer.session_id)
    expires_at = now + rules.AUTHORISATION_LIFE
    expires_at = await session.fetchval(
        """
        INSERT INTO identity_authorisations AS held
            (id, customer_id, session_id, purpose, terms_digest, issued_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO UPDATE
        SET expires_at = held.expires_at
        RETURNING expires_at
        """,
        authorisation_id,
        bearer.customer_id,
        bearer.session_id,
        terms.purpose,
        terms.digest(),
        now,
        expires_at,
    )
    return Authorisation(authorisation_id, expires_at)


async def authorise_rehearsal(
    session: RehearsalSession, bearer: Bearer, terms: AuthorisationTerms, *, now: datetime
) -> UUID:
    """Give an authorisation without a PIN, in a transaction that is never committed."""
    given = await authorise(session, ids.new_id(), bearer, terms, now=now)
    return given.authorisation_id


@dataclass(slots=True)
class Grants:
    """The authorisations of a batch, under our lock; uses are written by `write_authorisations`."""

    machine_now: datetime
    held: dict[UUID, Grant] = field(repr=False)
    used: set[UUID] = field(default_factory=set)

    def refuses(
        self, authorisation_id: UUID, terms: AuthorisationTerms, bearer: Bearer
    ) -> AuthorisationInvalid | None:
        """Why this authorisation does not cover the act, or None."""
        grant = self.held.get(authorisation_id)
        fault = rules.authorisation_fault(grant, terms, bearer, self.machine_now)
        return AuthorisationInvalid(reason=fault.value) if fault else None

    def use(self, authorisation_id: UUID) -> None:
        """Spend one that `refuses` let pass; later commands of the batch find it used."""
        grant = self.held[authorisation_id]
        assert grant.used_at is None, "asked `refuses` first"
        assert grant.revoked_at is None, "asked `refuses` first"
        grant.used_at = self.machine_now
        self.used.add(authorisation_id)


async def lock_authorisations(
    session: WriteSession, authorisation_ids: Collection[UUID], *, machine_now: datetime
) -> Grants:
    """Lock what a batch presents, in one statement; unknown ids are simply not held."""
    rows = await session.fetch(
        """
        SELECT id, customer_id, session_id, terms_digest, expires_at, used_at, revoked_at
        FROM identity_authorisations
        WHERE id = ANY($1::uuid[])
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        list(authorisation_ids),
    )
    held = {
        row["id"]: Grant(
            authorisation_id=row["id"],
            bearer=Bearer(row["customer_id"], row["session_id"]),
            terms_digest=row["terms_digest"],
            expires_at=row["expires_at"],
            used_at=row["used_at"],
            revoked_at=row["revoked_at"],
        )
        for row in rows
    }
    return Grants(machine_now, held)


async def write_authorisations(session: WriteSession, grants: Grants) -> None:
    """Write the uses of a batch, in one statement."""
    if not grants.used:
        return
    tag = await session.execute(
        """
        UPDATE identity_authorisations
        SET used_at = $2
        WHERE id = ANY($1::uuid[])
          AND used_at IS NULL
          AND revoked_at IS NULL
        """,
        list(grants.used),
        grants.machine_now,
    )
    assert tag == f"UPDATE {len(grants.used)}", "the rows are under our lock"


async def use_authorisation(
    session: WriteSession,
    authorisation_id: UUID,
    terms: AuthorisationTerms,
    bearer: Bearer,
    *,
    machine_now: datetime,
) -> None:
    """Use a single authorisation; refuses `identity.authorisation_invalid` with a `reason`."""
    grants = await lock_authorisations(session, [authorisation_id], machine_now=machine_now)
    refusal = grants.refuses(authorisation_id, terms, bearer)
    if refusal is not None:
        raise refusal
    grants.use(authorisation_id)
    await write_authorisations(session, grants)
