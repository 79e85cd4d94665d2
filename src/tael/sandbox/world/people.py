"""The people and banks that the sandbox world is born with. All of them are invented.

Card numbers start with 9, the range that ISO/IEC 7812 leaves to national bodies, so that none
is a real card's. Resident ID numbers have a valid check digit (GB 11643) and invented birth
dates and sequence numbers.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stdnum import luhn


class CardKind(StrEnum):
    """Whose money a card spends."""

    DEBIT = "debit"
    """The holder's own balance."""
    CREDIT = "credit"
    """A line of credit that the bank gives: pays in shops, cannot fill a wallet."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """A bank of the sandbox world, with the number ranges of its cards."""

    code: str
    name_zh: str
    name_en: str
    debit_bin: str
    credit_bin: str


ISSUERS: Final = {
    issuer.code: issuer
    for issuer in (
        Issuer("demo", "示例银行", "Demo Bank", "999101", "999102"),
        Issuer("greenfield", "青禾银行", "Greenfield Bank", "999201", "999202"),
        Issuer("farsail", "远帆银行", "Farsail Bank", "999301", "999302"),
    )
}

LENGTH: Final = {CardKind.DEBIT: 19, CardKind.CREDIT: 16}
"""Digits of a card number, the check digit included, as Chinese issuers number theirs."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with cards: the four elements are name, ID, phone and the card itself."""

    name: str
    id_number: str
    phone: str


@dataclass(frozen=True, slots=True)
class SeedCard:
    """A card that exists from the first start on; money in fen."""

    holder: Person
    issuer: str
    kind: CardKind
    balance: int
    status: str = "active"


WANG = Person("王小明", "110101199003070038", "13800001234")
LI = Person("李雷", "31010119880512001X", "13800002345")
HAN = Person("韩梅梅", "440103199511230025", "13800003456")
ZHANG = Person("张伟", "110105197209080035", "13800004567")
CHEN = Person("陈静", "330102200101150042", "13800005678")

SEED: Final = (
    SeedCard(WANG, "demo", CardKind.DEBIT, 5_000_000),
    SeedCard(WANG, "demo", CardKind.CREDIT, 2_000_000),
    SeedCard(WANG, "greenfield", CardKind.DEBIT, 800_000),
    SeedCard(LI, "demo", CardKind.DEBIT, 3_000_000),
    SeedCard(LI, "farsail", CardKind.CREDIT, 1_000_000),
    SeedCard(HAN, "greenfield", CardKind.DEBIT, 6_000_000),
    SeedCard(HAN, "greenfield", CardKind.CREDIT, 1_500_000),
    SeedCard(ZHANG, "farsail", CardKind.DEBIT, 100),
    SeedCard(ZHANG, "demo", CardKind.DEBIT, 4_000_000, status="restricted"),
    SeedCard(CHEN, "farsail", CardKind.DEBIT, 50_000_000),
    SeedCard(CHEN, "farsail", CardKind.CREDIT, 3_000_000),
)


def card_number(issuer: Issuer, kind: CardKind, serial: int) -> str:
    """The card number of an issuer's nth card of a kind, with its Luhn check digit."""
    prefix = issuer.debit_bin if kind is CardKind.DEBIT else issuer.credit_bin
    body = prefix + str(serial).zfill(LENGTH[kind] - len(prefix) - 1)
    return body + luhn.calc_check_digit(body)
