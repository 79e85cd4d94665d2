"""Our own part of an EMVCo code: tag 26, identified by `cn.tael.wallet`, holding one token.

Tag 26 | 00 `cn.tael.wallet` | one of: 01 a store's printed code, 02 an order, 03 a person who
receives. The token is all that counts: names and amounts beside it are for other readers,
and whoever pays reads them again from the bank's own records.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tael.codecs.emvco import Account, MerchantCode
from tael.codecs.qr_errors import BadField
from tael.codecs.qr_schemes import OUR_GUID

CURRENCY_NUMBER: Final = "156"
"""CNY (ISO 4217): the one currency that our codes ask for."""
COUNTRY: Final = "CN"
TOKEN_LENGTH_MAX: Final = 64

_TAG: Final = "26"
_IDENTIFIER: Final = "00"


class Means(StrEnum):
    """What a token stands for; the value is its tag inside the template."""

    STORE = "01"
    """A store's printed code: any amount, any number of times."""
    ORDER = "02"
    """One order of a store."""
    PERSON = "03"
    """A person who receives, for some minutes."""


@dataclass(frozen=True, slots=True)
class OurToken:
    """A token of ours, as found in a code."""

    means: Means
    token: str


def our_account(ours: OurToken) -> Account:
    """The merchant account to put into a code of ours."""
    return Account.template(_TAG, OUR_GUID, {ours.means.value: ours.token})


def read_ours(code: MerchantCode) -> OurToken | None:
    """Our token in a code, None if the code is not for us.

    Refuses `qr.bad_field` when the template is ours by name and not of our form.
    """
    account = code.account_with(OUR_GUID)
    if account is None:
        return None
    said = [(tag, text) for tag, text in account.sub.items() if tag != _IDENTIFIER]
    if len(said) != 1 or said[0][0] not in set(Means):
        raise BadField("one of 01, 02 and 03 stands beside our identifier", where=account.tag)
    tag, token = said[0]
    if not (token.isascii() and token.isalnum() and len(token) <= TOKEN_LENGTH_MAX):
        raise BadField("a token has letters and digits only", where=f"{account.tag}.{tag}")
    return OurToken(Means(tag), token)
