"""EMVCo merchant-presented QR codes: read any, make our own.

Source: EMVCo QR Code Specification for Payment Systems, Merchant-Presented Mode, 1.1. A payload
is text TLV that begins with `000201` and ends with `6304` and its check sum. Lengths count
characters; the check sum runs over the UTF-8 octets, `6304` included.

`parse` refuses a code that breaks a rule, and warns about what codes in use leave out;
`make` writes only codes that break none and leave nothing out.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tael.codecs import emvco_rules as rules
from tael.codecs.crc import crc16_ccitt_false
from tael.codecs.emvco_rules import Template, Tree
from tael.codecs.emvco_tlv import join, split, unique
from tael.codecs.qr_errors import (
    BadAmount,
    BadCharacter,
    BadField,
    BadFormatIndicator,
    BadLength,
    BadTag,
    CrcMismatch,
    CrcMissing,
    DuplicateTag,
    NotEmvco,
    TooLong,
)

WRITE_MAX: Final = 512
"""Characters of a payload, by the standard: what we make is not longer."""
READ_MAX: Final = 1024
"""Characters that we are ready to read: codes in use pass the standard's limit by a little."""
VERSION: Final = "01"
FORMAT_TAG: Final = "00"
CRC_TAG: Final = "63"
_CRC_HEAD: Final = "6304"
_CRC_DIGITS: Final = 4
_HEAD_RULE: Final = f"a code begins with its version, {FORMAT_TAG}02{VERSION}"


class Initiation(StrEnum):
    """Whether a code is printed once for many payments or made for one."""

    STATIC = "11"
    """The same code for every payment; the payer enters the amount."""
    DYNAMIC = "12"
    """A code made for one payment."""


@dataclass(frozen=True, slots=True)
class CodeWarning:
    """Something that the standard asks for and this code does not do; it can be read all the same."""

    where: str
    rule: str


@dataclass(frozen=True, slots=True)
class Account:
    """One merchant account (tags 02–51) or unreserved template (80–99) of a code."""

    tag: str
    value: str | None = None
    """The text of a primitive account (02–25), none for a template."""
    sub: Mapping[str, str] = field(default_factory=dict)
    """The fields of a template (26–51, 80–99); 00 is its identifier."""

    @classmethod
    def template(cls, tag: str, guid: str, sub: Mapping[str, str]) -> "Account":
        """A template of the scheme that `guid` names."""
        return cls(tag, sub={"00": guid, **sub})

    @property
    def guid(self) -> str | None:
        """Who defines the fields of this template: a reverse domain, an AID or a UUID."""
        return self.sub.get("00")


@dataclass(frozen=True, slots=True)
class Language:
    """The merchant's name, and perhaps city, in the local language (tag 64)."""

    language: str
    """ISO 639, two letters: `ZH`."""
    name: str
    city: str | None = None


@dataclass(frozen=True, slots=True)
class MerchantCode:
    """A payload that keeps the rules, with what it says."""

    payload: str
    fields: Tree
    """Every field by tag; a template as `{"raw": …, "sub": {…}}`."""
    warnings: tuple[CodeWarning, ...] = ()

    @property
    def initiation(self) -> Initiation | None:
        """Static or dynamic; none where the code does not say, or says neither."""
        said = self._text("01")
        return Initiation(said) if said in set(Initiation) else None

    @property
    def mcc(self) -> str | None:
        """The merchant category (ISO 18245)."""
        return self._text("52")

    @property
    def currency(self) -> str | None:
        """The currency as three digits (ISO 4217): `156` is CNY."""
        return self._text("53")

    @property
    def amount(self) -> str | None:
        """The amount as the code writes it, none where the payer enters it."""
        return self._text("54")

    @property
    def tip(self) -> str | None:
        """01 asks the payer for a tip, 02 adds `fixed_fee`, 03 adds `percentage_fee`."""
        return self._text("55")

    @property
    def fixed_fee(self) -> str | None:
        return self._text("56")

    @property
    def percentage_fee(self) -> str | None:
        return self._text("57")

    @property
    def country(self) -> str | None:
        """ISO 3166-1, two letters."""
        return self._text("58")

    @property
    def merchant_name(self) -> str | None:
        return self._text("59")

    @property
    def merchant_city(self) -> str | None:
        return self._text("60")

    @property
    def postal_code(self) -> str | None:
        return self._text("61")

    @property
    def additional(self) -> Mapping[str, str]:
        """Template 62: 01 bill, 03 store, 05 reference, 07 terminal, 08 purpose, …"""
        return self._sub("62")

    @property
    def language(self) -> Language | None:
        """The local name, if the code has one that is complete."""
        sub = self._sub("64")
        if "00" not in sub or "01" not in sub:
            return None
        return Language(sub["00"], sub["01"], sub.get("02"))

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Who can be paid by this code, one entry a scheme."""
        return tuple(a for a in self._all_accounts() if rules.is_account(a.tag))

    @property
    def unreserved(self) -> tuple[Account, ...]:
        """The templates 80–99, whose meaning is their identifier's."""
        return tuple(a for a in self._all_accounts() if a.tag >= "80")

    @property
    def missing(self) -> tuple[str, ...]:
        """The mandatory tags that this code leaves out, in order."""
        return tuple(tag for tag in rules.MANDATORY if tag not in self.fields)

    def account_with(self, guid: str) -> Account | None:
        """The merchant account of this scheme; identifiers differ by more than case."""
        for account in self.accounts:
            if account.guid is not None and account.guid.casefold() == guid.casefold():
                return account
        return None

    def _all_accounts(self) -> list[Account]:
        return [
            Account(tag, value) if isinstance(value, str) else Account(tag, sub=value["sub"])
            for tag, value in self.fields.items()
        ]

    def _text(self, tag: str) -> str | None:
        value = self.fields.get(tag)
        return value if isinstance(value, str) else None

    def _sub(self, tag: str) -> Mapping[str, str]:
        value = self.fields.get(tag)
        return {} if value is None or isinstance(value, str) else value["sub"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a code of ours shall say. The mandatory parts have no default."""

    accounts: tuple[Account, ...]
    mcc: str
    currency: str
    country: str
    merchant_name: str
    """At most 25 characters of ASCII; the local name goes into `language`."""
    merchant_city: str
    initiation: Initiation | None = None
    amount: str | None = None
    tip: str | None = None
    fixed_fee: str | None = None
    percentage_fee: str | None = None
    postal_code: str | None = None
    additional: Mapping[str, str] = field(default_factory=dict)
    language: Language | None = None
    unreserved: tuple[Account, ...] = ()


def parse(payload: str) -> MerchantCode:
    """Read a code; refuses with a `QrRefusal` that names the broken rule."""
    _check_characters(payload, READ_MAX)
    parts = _split(payload)
    if parts[0] != (FORMAT_TAG, VERSION):
        raise BadFormatIndicator(_HEAD_RULE, where=FORMAT_TAG)
    _check_crc(payload, parts)
    fields = {tag: _value(tag, text) for tag, text in unique(parts).items()}
    rules.check(fields, rules.READING)
    return MerchantCode(payload, fields, tuple(_warnings(payload, fields)))


def make(draft: Draft) -> str:
    """The payload that says this; refuses with a `QrRefusal` what does not fit the standard."""
    fields = _fields(draft)
    rules.check_complete(fields)
    rules.check(fields, rules.WRITING)
    texts = {tag: v if isinstance(v, str) else v["raw"] for tag, v in fields.items()}
    head = join(texts) + _CRC_HEAD
    _check_characters(head, WRITE_MAX - _CRC_DIGITS)
    payload = head + _crc(head)
    assert parse(payload).fields == {**fields, CRC_TAG: _crc(head)}
    return payload


def amount_text(minor: int, *, exponent: int = 2) -> str:
    """Minor units as a code writes them: 1250 is `12.50`."""
    assert minor >= 0, f"a code cannot ask for {minor}"
    digits = f"{minor:0{exponent + 1}}"
    return f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits


def minor_units(text: str, *, exponent: int = 2) -> int:
    """The amount of a code in minor units, exactly.

    Refuses `qr.bad_amount` when it names a fraction of a minor unit, for rounding is nobody's
    to decide here.
    """
    rules.READING["54"].check(text, where="54")
    whole, _, fraction = text.partition(".")
    if fraction[exponent:].strip("0"):
        rule = f"the currency has {exponent} decimals, not {len(fraction)}"
        raise BadAmount(rule, where="54")
    return int(whole) * 10**exponent + int(fraction[:exponent].ljust(exponent, "0") or "0")


def _check_characters(payload: str, limit: int) -> None:
    if len(payload) > limit:
        raise TooLong(f"at most {limit} characters, not {len(payload)}")
    for at, character in enumerate(payload):
        # Half a surrogate pair has no UTF-8 form, and control characters are never printed.
        if unicodedata.category(character) in {"Cc", "Cs"}:
            raise BadCharacter(f"character {at + 1} is U+{ord(character):04X}")


def _split(payload: str) -> list[tuple[str, str]]:
    """The fields; a text that does not even begin like a code is called that, not damaged."""
    if not payload.startswith(FORMAT_TAG):
        try:
            parts = split(payload)
        except (BadTag, BadLength):
            parts = []
        if not parts:
            raise NotEmvco(_HEAD_RULE)
        return parts
    return split(payload)


def _check_crc(payload: str, parts: list[tuple[str, str]]) -> None:
    tag, stated = parts[-1]
    if tag != CRC_TAG or len(stated) != _CRC_DIGITS:
        raise CrcMissing(f"a code ends with {_CRC_HEAD} and four digits", where=CRC_TAG)
    computed = _crc(payload[:-_CRC_DIGITS])
    if stated.upper() != computed:
        raise CrcMismatch(f"the check sum is {computed}, the code says {stated}", where=CRC_TAG)


def _crc(head: str) -> str:
    return f"{crc16_ccitt_false(head.encode()):04X}"


def _value(tag: str, text: str) -> str | Template:
    if not rules.is_template(tag):
        return text
    return {"raw": text, "sub": unique(split(text, where=tag), where=tag)}


def _warnings(payload: str, fields: Tree) -> list[CodeWarning]:
    found = [
        CodeWarning(tag, f"{name} is mandatory and missing")
        for tag, name in rules.MANDATORY.items()
        if tag not in fields
    ]
    if not any(rules.is_account(tag) for tag in fields):
        found.append(CodeWarning("02-51", "a merchant account is mandatory and missing"))
    if fields.get("01", "11") not in set(Initiation):
        found.append(CodeWarning("01", "neither static (11) nor dynamic (12)"))
    if not str(fields.get("52", "0000")).isdigit():
        found.append(CodeWarning("52", "a merchant category is four digits"))
    if fields[CRC_TAG] != _crc(payload[:-_CRC_DIGITS]):
        found.append(CodeWarning(CRC_TAG, "the check sum is written in capitals"))
    if len(payload) > WRITE_MAX:
        found.append(CodeWarning("", f"longer than {WRITE_MAX} characters"))
    return found


def _fields(draft: Draft) -> Tree:
    """The tree of a draft, in the order in which the standard writes it."""
    texts = {
        FORMAT_TAG: VERSION,
        "01": draft.initiation,
        "52": draft.mcc,
        "53": draft.currency,
        "54": draft.amount,
        "55": draft.tip,
        "56": draft.fixed_fee,
        "57": draft.percentage_fee,
        "58": draft.country,
        "59": draft.merchant_name,
        "60": draft.merchant_city,
        "61": draft.postal_code,
    }
    fields: dict[str, str | Template] = {
        tag: str(text) for tag, text in texts.items() if text is not None
    }
    if draft.additional:
        fields["62"] = _template("62", draft.additional)
    if draft.language:
        said = {"00": draft.language.language, "01": draft.language.name}
        city = draft.language.city
        fields["64"] = _template("64", said if city is None else {**said, "02": city})
    for account in draft.accounts + draft.unreserved:
        if account.tag in fields:
            raise DuplicateTag("a tag may stand only once", where=account.tag)
        fields[account.tag] = _account_value(account)
    for account in draft.accounts:
        if not rules.is_account(account.tag):
            raise BadField("merchant accounts have the tags 02 to 51", where=account.tag)
    for account in draft.unreserved:
        if not "80" <= account.tag <= "99":
            raise BadField("unreserved templates have the tags 80 to 99", where=account.tag)
    return dict(sorted(fields.items()))


def _account_value(account: Account) -> str | Template:
    if rules.is_template(account.tag):
        if account.value is not None:
            raise BadField("this tag is a template of fields", where=account.tag)
        return _template(account.tag, account.sub)
    if account.value is None:
        raise BadField("this tag is a text without fields", where=account.tag)
    return account.value


def _template(tag: str, sub: Mapping[str, str]) -> Template:
    ordered = dict(sorted(sub.items()))
    return {"raw": join(ordered, where=tag), "sub": ordered}
