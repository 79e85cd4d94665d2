"""EMVCo merchant-presented QR codes: read any, make our own.

Source: EMVCo QR Code Specification for Payment Systems, Merchant-Presented Mode, 1.1. A payload
is text TLV that begins with `000201` and ends with `6304` and its check sum. Lengths count
characters; the check sum runs over the UTF-8 octets, `6304` included.

`parse` refuses a code that breaks a rule, and warns about what codes in use leave out;
`make` writes only codes that break none and leave nothing out.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from tael.codecs import emvco_rules as rules
from tael.codecs.crc import crc16_ccitt_false
from tael.codecs.emvco_rules import Template, Tree
from tael.codecs.emvco_tlv import join, split, unique
from tael.codecs.merchant_code import (
    Account,
    CodeWarning,
    Draft,
    Initiation,
    Language,
    MerchantCode,
)
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

__all__ = [
    "READ_MAX",
    "WRITE_MAX",
    "Account",
    "CodeWarning",
    "Draft",
    "Initiation",
    "Language",
    "MerchantCode",
    "amount_text",
    "make",
    "minor_units",
    "parse",
]

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
    return int(whole + fraction[:exponent].ljust(exponent, "0"))


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
