"""The form of each field of an EMVCo merchant-presented code (EMVCo QRCPS MPM 1.1, § 4).

Reading is as lenient as the codes that are in use: a field may be empty where shops leave it
empty, and names may hold letters beyond ASCII. Writing is what the standard says.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypedDict

from tael.codecs.emvco_tlv import within
from tael.codecs.qr_errors import (
    BadAmount,
    BadCategory,
    BadCountry,
    BadCurrency,
    BadField,
    MissingField,
    QrRefusal,
)


class Template(TypedDict):
    """The value of a template: its text, and the fields in it."""

    raw: str
    sub: Mapping[str, str]


Tree = Mapping[str, str | Template]
"""The fields of a code by tag, without their order."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What the value of a field must look like."""

    name: str
    pattern: re.Pattern[str]
    rule: str
    refusal: type[QrRefusal] = BadField

    def check(self, value: str, *, where: str) -> None:
        """Refuse a value that is not of this form."""
        if not self.pattern.fullmatch(value):
            raise self.refusal(f"{self.name}: {self.rule}", where=where)


def _rule(name: str, pattern: str, rule: str, refusal: type[QrRefusal] = BadField) -> FieldRule:
    return FieldRule(name, re.compile(pattern), rule, refusal)


AMOUNT: Final = r"(?=.{1,13}\Z)[0-9]+(?:\.[0-9]*)?"
_POSITIVE: Final = rf"(?=.*[1-9]){AMOUNT}(?<!\.)"
_AMOUNT_RULE: Final = "digits with at most one decimal point, 1 to 13 characters"
_ADDITIONAL: Final = {
    "01": "bill number",
    "02": "mobile number",
    "03": "store label",
    "04": "loyalty number",
    "05": "reference label",
    "06": "customer label",
    "07": "terminal label",
    "08": "purpose",
    "09": "consumer data request",
    "10": "merchant tax id",
    "11": "merchant channel",
}
ADDITIONAL_MAX: Final = 25

READING: Final[Mapping[str, FieldRule]] = {
    "01": _rule("point of initiation", r"[0-9]{2}", "two digits"),
    "52": _rule("merchant category", r"[0-9A-Za-z]{4}", "four characters", BadCategory),
    "53": _rule("currency", r"[0-9]{3}", "the three digits of ISO 4217", BadCurrency),
    "54": _rule("amount", AMOUNT, _AMOUNT_RULE, BadAmount),
    "55": _rule("tip indicator", r"[0-9]{2}", "two digits"),
    "56": _rule("fixed fee", AMOUNT, _AMOUNT_RULE, BadAmount),
    "57": _rule(
        "percentage fee", r"(?=.{1,5}\Z)[0-9]+(?:\.[0-9]*)?", "a number, 1 to 5 characters"
    ),
    "58": _rule("country", r"[A-Za-z]{2}", "the two letters of ISO 3166-1", BadCountry),
    "59": _rule("merchant name", r".{0,25}", "at most 25 characters"),
    "60": _rule("merchant city", r".{0,15}", "at most 15 characters"),
    "61": _rule("postal code", r".{0,10}", "at most 10 characters"),
    "64.00": _rule("language", r"[A-Za-z]{2}", "the two letters of ISO 639"),
    "64.01": _rule("merchant name in its language", r".{0,25}", "at most 25 characters"),
    "64.02": _rule("merchant city in its language", r".{0,15}", "at most 15 characters"),
    **{
        f"62.{tag}": _rule(name, r".{0,25}", f"at most {ADDITIONAL_MAX} characters")
        for tag, name in _ADDITIONAL.items()
    },
}

_GUID: Final = _rule(
    "globally unique identifier", r"[ -~]{1,32}", "1 to 32 letters, digits and signs of ASCII"
)
_ACCOUNT: Final = _rule("merchant account", r"[ -~]{1,99}", "1 to 99 characters of ASCII")

WRITING: Final[Mapping[str, FieldRule]] = {
    **READING,
    "01": _rule("point of initiation", r"1[12]", "11 for a static code, 12 for a dynamic one"),
    "52": _rule("merchant category", r"[0-9]{4}", "four digits", BadCategory),
    "54": _rule("amount", _POSITIVE, f"{_AMOUNT_RULE}, not zero", BadAmount),
    "55": _rule("tip indicator", r"0[123]", "01 asks, 02 is a fixed fee, 03 is a percentage"),
    "56": _rule("fixed fee", _POSITIVE, f"{_AMOUNT_RULE}, not zero", BadAmount),
    "57": _rule(
        "percentage fee",
        r"(?=.*[1-9])[0-9]{1,2}(?:\.[0-9]{1,2})?",
        "a percentage from 00.01 to 99.99",
    ),
    "58": _rule("country", r"[A-Z]{2}", "the two capital letters of ISO 3166-1", BadCountry),
    "59": _rule("merchant name", r"[ -~]{1,25}", "1 to 25 characters of ASCII"),
    "60": _rule("merchant city", r"[ -~]{1,15}", "1 to 15 characters of ASCII"),
    "61": _rule("postal code", r"[ -~]{1,10}", "1 to 10 characters of ASCII"),
    "64.01": _rule("merchant name in its language", r".{1,25}", "1 to 25 characters"),
    "64.02": _rule("merchant city in its language", r".{1,15}", "1 to 15 characters"),
    **{
        f"62.{tag}": _rule(name, r".{1,25}", f"1 to {ADDITIONAL_MAX} characters")
        for tag, name in _ADDITIONAL.items()
    },
    **{f"{tag:02}": _ACCOUNT for tag in range(2, 26)},
    **{f"{tag}.00": _GUID for tag in (*range(26, 52), *range(80, 100))},
}

MANDATORY: Final[Mapping[str, str]] = {
    "52": "merchant category",
    "53": "currency",
    "58": "country",
    "59": "merchant name",
    "60": "merchant city",
}
"""What the standard asks for beside the version, a merchant account and the check sum."""


def is_account(tag: str) -> bool:
    """Whether this tag names a merchant account."""
    return "02" <= tag <= "51"


def is_template(tag: str) -> bool:
    """Whether the value of this tag is itself made of fields."""
    return "26" <= tag <= "51" or tag in {"62", "64"} or "80" <= tag <= "99"


def check(fields: Tree, rules: Mapping[str, FieldRule]) -> None:
    """Refuse the first field that breaks its rule, in the order of the code."""
    for tag, value in fields.items():
        if isinstance(value, str):
            if tag in rules:
                rules[tag].check(value, where=tag)
            continue
        for inner, text in value["sub"].items():
            path = within(tag, inner)
            if path in rules:
                rules[path].check(text, where=path)


def check_complete(fields: Tree) -> None:
    """Refuse `qr.missing_field` unless everything is there that the standard asks for.

    A `Draft` cannot be made without what `MANDATORY` names, so that is not asked again.
    """
    if not any(is_account(tag) for tag in fields):
        raise MissingField("a code names at least one merchant account", where="02-51")
    for tag, value in fields.items():
        if isinstance(value, str) or tag == "62":
            continue
        if "00" not in value["sub"]:
            raise MissingField("a template begins with its identifier", where=f"{tag}.00")
    _check_tip(fields)


def _check_tip(fields: Tree) -> None:
    """A fixed fee needs its amount and a percentage its rate, and neither stands alone."""
    indicator = fields.get("55")
    for tag, meant_by in (("56", "02"), ("57", "03")):
        if (tag in fields) != (indicator == meant_by):
            raise MissingField(f"tag {tag} stands exactly with indicator {meant_by}", where=tag)
