"""What an authorisation covers: the very act that the customer saw, once, for two minutes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tael.identity.rules import AuthorisationTerms, Bearer, Grant, authorisation_fault
from tael.identity.states import AuthorisationFault
from tael.kernel.ids import new_id
from tael.kernel.money import CNY, PTS, Money

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
BEARER = Bearer(new_id(), new_id())
TERMS = AuthorisationTerms("payment", "sto_x", Money(1250, CNY), "ord_x")


def grant() -> Grant:
    return Grant(
        authorisation_id=new_id(),
        bearer=BEARER,
        terms_digest=TERMS.digest(),
        expires_at=NOW + timedelta(minutes=2),
        used_at=None,
        revoked_at=None,
    )


def test_it_covers_the_act_that_was_shown() -> None:
    assert authorisation_fault(grant(), TERMS, BEARER, NOW) is None


@pytest.mark.parametrize(
    "terms",
    [
        replace(TERMS, purpose="transfer"),
        replace(TERMS, payee="sto_y"),
        replace(TERMS, amount=Money(1251, CNY)),
        replace(TERMS, amount=Money(1250, PTS)),
        replace(TERMS, order="ord_y"),
        replace(TERMS, order=""),
        # Fields must not run together.
        replace(TERMS, payee="sto_xord_x", order=""),
    ],
)
def test_it_covers_no_other_act(terms: AuthorisationTerms) -> None:
    assert authorisation_fault(grant(), terms, BEARER, NOW) is AuthorisationFault.MISMATCH


def test_to_another_customer_it_does_not_exist() -> None:
    stranger = Bearer(new_id(), BEARER.session_id)
    assert authorisation_fault(grant(), TERMS, stranger, NOW) is AuthorisationFault.UNKNOWN
    assert authorisation_fault(None, TERMS, BEARER, NOW) is AuthorisationFault.UNKNOWN


def test_it_is_no_good_in_another_session_of_the_same_customer() -> None:
    elsewhere = Bearer(BEARER.customer_id, new_id())
    assert authorisation_fault(grant(), TERMS, elsewhere, NOW) is AuthorisationFault.OTHER_SESSION


def test_it_dies_at_its_deadline() -> None:
    held = grant()
    last = held.expires_at - timedelta(microseconds=1)
    assert authorisation_fault(held, TERMS, BEARER, last) is None
    assert authorisation_fault(held, TERMS, BEARER, held.expires_at) is AuthorisationFault.EXPIRED


def test_it_is_used_once_and_revoked_for_good() -> None:
    used = replace(grant(), used_at=NOW)
    revoked = replace(grant(), revoked_at=NOW)
    assert authorisation_fault(used, TERMS, BEARER, NOW) is AuthorisationFault.USED
    assert authorisation_fault(revoked, TERMS, BEARER, NOW) is AuthorisationFault.REVOKED
