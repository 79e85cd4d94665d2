"""What a proven person looks like: pure checks of names, resident ID numbers and portraits."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from tael.customers.errors import IdNumberInvalid, NameMalformed, PortraitMalformed, TooYoung

ADULT_YEARS: Final = 18
NAME_LENGTH_MIN: Final = 2
NAME_LENGTH_MAX: Final = 50
ID_NUMBER_LENGTH: Final = 18
PORTRAIT_BYTES_MAX: Final = 300_000

_ID_NUMBER: Final = re.compile(r"[0-9]{17}[0-9X]")
_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_DOT: Final = "\u00b7"
# The separator of minority names is typed in many ways; the card's own is U+00B7.
_DOTS: Final = str.maketrans(dict.fromkeys("\u2022\u2027\u30fb\u0387\u22c5", _DOT))
_JOINERS: Final = frozenset(f"{_DOT} '-.\u2019")


@dataclass(frozen=True, slots=True)
class Person:
    """A name and a resident ID number in the one form that we seal and compare."""

    name: str
    id_number: str

    @property
    def birth_date(self) -> date:
        """The date of birth that the ID number carries (GB 11643, places 7 to 14)."""
        return ric.get_birth_date(self.id_number)

    @property
    def comparable_name(self) -> str:
        """What two spellings of one name have in common: letters only, without case."""
        return "".join(sign for sign in self.name.casefold() if _is_letter(sign))


def person(name: str, id_number: str, *, today: date) -> Person:
    """An adult with a well-formed name and ID number.

    Refuses `customers.name_malformed`, `customers.id_number_invalid`, `customers.too_young`.
    """
    checked = spelt(name, id_number)
    _refuse_name(checked.name)
    _refuse_id(checked.id_number, today)
    if age(checked.birth_date, today) < ADULT_YEARS:
        raise TooYoung(from_years=ADULT_YEARS)
    return checked


def spelt(name: str, id_number: str) -> Person:
    """The one form of what was typed, well-formed or not: full-width digits, dots, spaces."""
    return Person(
        " ".join(unicodedata.normalize("NFKC", name).translate(_DOTS).split()),
        re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", id_number)).upper(),
    )


def age(born: date, today: date) -> int:
    """Whole years lived: one more from the birthday on. Born on 29 February, from 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def refuse_portrait(picture: bytes) -> None:
    """Refuses `customers.portrait_malformed` for what is no JPEG or PNG, or too large."""
    if not picture or len(picture) > PORTRAIT_BYTES_MAX:
        raise PortraitMalformed(why="size", bytes_max=PORTRAIT_BYTES_MAX)
    if not picture.startswith((_JPEG, _PNG)):
        raise PortraitMalformed(why="format")


def _refuse_name(name: str) -> None:
    if not NAME_LENGTH_MIN <= len(name) <= NAME_LENGTH_MAX:
        raise NameMalformed(why="length", shortest=NAME_LENGTH_MIN, longest=NAME_LENGTH_MAX)
    if not all(_is_letter(sign) or sign in _JOINERS for sign in name):
        raise NameMalformed(why="characters")
    if not (_is_letter(name[0]) and (_is_letter(name[-1]) or name[-1] == ".")):
        raise NameMalformed(why="characters")


def _refuse_id(number: str, today: date) -> None:
    """GB 11643: 18 places, of which region, birth date and check digit must hold."""
    if len(number) != ID_NUMBER_LENGTH:
        raise IdNumberInvalid(why="length")
    if not _ID_NUMBER.fullmatch(number):
        raise IdNumberInvalid(why="characters")
    if number[-1] != ric.calc_check_digit(number):
        raise IdNumberInvalid(why="check_digit")
    try:
        born = ric.get_birth_date(number)
    except ValidationError:
        raise IdNumberInvalid(why="birth_date") from None
    if born > today:
        raise IdNumberInvalid(why="birth_date")
    try:
        ric.get_birth_place(number)
    except ValidationError:
        raise IdNumberInvalid(why="region") from None


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM"
