"""Text TLV of EMVCo QR codes: a two-digit tag, a two-digit length, that many characters.

Lengths count characters, not octets: `0104示例面馆` is one field of four characters.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from tael.codecs.qr_errors import BadLength, BadTag, DuplicateTag

_DIGITS: Final = 2
VALUE_MAX: Final = 99
"""Two digits of length can say no more."""


def split(text: str, *, where: str = "") -> list[tuple[str, str]]:
    """The fields of this text in their order, duplicates included.

    `where` is the path of the template that the text is the value of. Refuses `qr.bad_tag`
    and `qr.bad_length`.
    """
    fields = []
    at = 0
    while at < len(text):
        tag, length = text[at : at + 2], text[at + 2 : at + 4]
        if not is_two_digits(tag):
            raise BadTag(f"a tag is two digits, not {tag!r}", where=where)
        path = within(where, tag)
        if not is_two_digits(length):
            raise BadLength(f"a length is two digits, not {length!r}", where=path)
        value = text[at + 4 : at + 4 + int(length)]
        if len(value) < int(length):
            rule = f"the length says {length} characters, but only {len(value)} follow"
            raise BadLength(rule, where=path)
        fields.append((tag, value))
        at += 4 + len(value)
    return fields


def unique(fields: Iterable[tuple[str, str]], *, where: str = "") -> dict[str, str]:
    """These fields by tag; refuses `qr.duplicate_tag`."""
    by_tag: dict[str, str] = {}
    for tag, value in fields:
        if tag in by_tag:
            raise DuplicateTag("a tag may stand only once", where=within(where, tag))
        by_tag[tag] = value
    return by_tag


def join(fields: Mapping[str, str], *, where: str = "") -> str:
    """These fields as text, in their order; refuses `qr.bad_tag` and `qr.bad_length`."""
    parts = []
    for tag, value in fields.items():
        if not is_two_digits(tag):
            raise BadTag(f"a tag is two digits, not {tag!r}", where=where)
        if len(value) > VALUE_MAX:
            rule = f"a value has at most {VALUE_MAX} characters, not {len(value)}"
            raise BadLength(rule, where=within(where, tag))
        parts.append(f"{tag}{len(value):02}{value}")
    return "".join(parts)


def within(where: str, tag: str) -> str:
    """The path of a tag in the template at `where`."""
    return f"{where}.{tag}" if where else tag


def is_two_digits(text: str) -> bool:
    """Whether this is exactly two ASCII digits: full-width digits are digits to Python too."""
    return len(text) == _DIGITS and text.isascii() and text.isdigit()
