"""Phone numbers: one spelling (E.164), hashed for look-ups, sealed at rest."""

from dataclasses import dataclass, field
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from tael.identity.errors import PhoneInvalid
from tael.kernel import masks
from tael.kernel.sealed import Sealer

HOME_REGION: Final = "CN"
_TEXT_MAX: Final = 32
_CONTEXT: Final = "identity.phone"

_CAN_RECEIVE: Final = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can receive a code, in E.164; shown only masked."""

    e164: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Phone":
        """Read a number as people type it; refuses `identity.phone_invalid`.

        Without a country prefix it is Chinese. Numbering plans are Google's libphonenumber.
        """
        if len(text) > _TEXT_MAX:
            raise PhoneInvalid
        try:
            number = phonenumbers.parse(text, HOME_REGION)
        except phonenumbers.NumberParseException:
            raise PhoneInvalid from None
        if not phonenumbers.is_valid_number(number) or number.extension is not None:
            raise PhoneInvalid
        if phonenumbers.number_type(number) not in _CAN_RECEIVE:
            raise PhoneInvalid
        return cls(phonenumbers.format_number(number, PhoneNumberFormat.E164))

    @classmethod
    def unseal(cls, sealed: bytes, sealer: Sealer) -> "Phone":
        """Open a number that `seal` closed."""
        return cls(sealer.unseal(sealed, context=_CONTEXT).decode())

    @property
    def masked(self) -> str:
        """The part that may be shown: `138****1234`."""
        return masks.phone(self.e164)

    def seal(self, sealer: Sealer) -> bytes:
        """The number at rest."""
        return sealer.seal(self.e164.encode(), context=_CONTEXT)

    def hash(self, sealer: Sealer) -> bytes:
        """The number's key for look-ups."""
        return sealer.keyed_hash(self.e164, purpose=_CONTEXT)
