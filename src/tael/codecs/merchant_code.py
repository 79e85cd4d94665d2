"""What a merchant-presented code says: the values that `tael.codecs.emvco` reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tael.codecs import emvco_rules as rules
from tael.codecs.emvco_rules import Tree


class Initiation(StrEnum):
    """Whether a code is printed once for many payments or made for one."""

    STATIC = "11"
    """The same code for every payment; the payer enters the amount."""
    DYNAMIC = "12"
    """A code made for one payment."""


@dataclass(frozen=True, slots=True)
class CodeWarning:
    """Something that the standard asks for and this code, which can be read, does not do."""

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
        """Template 62: 01 bill, 03 store, 05 reference, 07 terminal, 08 purpose and so on."""
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
