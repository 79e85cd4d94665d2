"""`tael qr`: read any merchant-presented EMVCo code, and make one."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import cyclopts
import segno
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tael.cli.lines import (
    answer,
    bounded_lines,
    console,
    forgive_encoding,
    standard_input,
    write_line,
)
from tael.codecs.emvco import Account, Draft, Initiation, Language, MerchantCode, make, parse
from tael.codecs.qr_errors import BadCharacter, BadTag, DuplicateTag, NotEmvco, QrRefusal
from tael.codecs.qr_schemes import foreign_scheme, schemes_of

app = cyclopts.App(name="qr", help="Read and make merchant-presented EMVCo codes.")

_STANDARD_INPUT: Final = "-"
_ADDITIONAL: Final = "62"


@dataclass(frozen=True, kw_only=True)
class Merchant:
    """Who is paid. All of it is mandatory in a code."""

    name: str
    """At most 25 characters of ASCII."""
    city: str
    """At most 15 characters of ASCII."""
    mcc: str
    """Merchant category, four digits."""
    country: str = "CN"
    """ISO 3166-1, two letters."""
    currency: str = "156"
    """ISO 4217, three digits."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is paid; all of it may be left out."""

    amount: str | None = None
    """`23.50`; without it the payer enters the amount."""
    initiation: Initiation | None = None
    """Printed once (static) or made for one payment (dynamic)."""
    tip: str | None = None
    """01 asks for a tip, 02 adds --fixed-fee, 03 adds --percentage-fee."""
    fixed_fee: str | None = None
    percentage_fee: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class LocalName:
    """The merchant's name in the local language."""

    local_name: str | None = None
    local_city: str | None = None
    local_language: str = "ZH"
    """ISO 639, two letters."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Where the code is drawn; the payload is printed in any case."""

    png: Path | None = None
    svg: Path | None = None
    terminal: bool = False
    """Draw it here with block characters."""


@app.command
def decode(
    payload: Annotated[str, Parameter(allow_leading_hyphen=True)], *, json: bool = False
) -> None:
    """Read a code and say what it says, or which rule it breaks (exit 1).

    Parameters
    ----------
    payload
        The text of the code; `-` reads one a line from standard input and answers one a line.
    json
        Answer in JSON.
    """
    terminal = console()
    all_valid = True
    for text in _payloads(payload):
        try:
            code = parse(_checked(text))
        except QrRefusal as refusal:
            all_valid = False
            if json:
                answer(_refused(refusal, text))
            else:
                _print_refusal(terminal, refusal)
            continue
        if json:
            answer(_told(code))
        else:
            terminal.print(_table(code))
    sys.exit(0 if all_valid else 1)


@app.command
def encode(
    *,
    merchant: Annotated[Merchant, Parameter(name="*")],
    terms: Annotated[Terms | None, Parameter(name="*")] = None,
    local: Annotated[LocalName | None, Parameter(name="*")] = None,
    field: Annotated[Sequence[str], Parameter(name="--field", negative="")] = (),
    picture: Annotated[Picture | None, Parameter(name="*")] = None,
) -> None:
    """Make a code and print its payload; refuses what does not fit the standard (exit 1).

    Parameters
    ----------
    field
        A merchant account, additional or unreserved field as TAG=VALUE, again for each:
        `--field 26.00=cn.tael.wallet --field 26.01=M0001 --field 62.01=ORDER7`.
    """
    try:
        payload = make(_draft(merchant, terms or Terms(), local or LocalName(), field))
    except QrRefusal as refusal:
        sys.exit(f"{refusal.code}: {refusal}")
    write_line(payload.encode())
    forgive_encoding()
    try:
        _draw(payload, picture or Picture())
    except OSError as error:
        sys.exit(f"cannot write the picture: {error}")


def _payloads(payload: str) -> Iterator[str | bytes]:
    if payload == _STANDARD_INPUT:
        return bounded_lines(standard_input())
    return iter([payload])


def _checked(text: str | bytes) -> str:
    """The payload as text; refuses octets that are not UTF-8, and links of other schemes."""
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise BadCharacter(f"octet {error.start + 1} is not UTF-8") from None
    scheme = foreign_scheme(text)
    if scheme is not None:
        raise NotEmvco(f"a payment link of {scheme}, not an EMVCo code")
    return text


def _refused(refusal: QrRefusal, text: str | bytes) -> dict[str, Any]:
    scheme = foreign_scheme(text if isinstance(text, str) else text.decode(errors="replace"))
    return {
        "valid": False,
        "code": refusal.code,
        "rule": refusal.rule,
        "where": refusal.where or None,
        "scheme": scheme,
    }


def _told(code: MerchantCode) -> dict[str, Any]:
    return {
        "valid": True,
        "fields": code.fields,
        **_summary(code),
        "missing_emvco_mandatory": code.missing,
        "warnings": [asdict(warning) for warning in code.warnings],
        "schemes": [asdict(scheme) for scheme in schemes_of(code)],
    }


def _summary(code: MerchantCode) -> dict[str, str | None]:
    return {
        "initiation": None if code.initiation is None else code.initiation.name.lower(),
        "amount": code.amount,
        "currency": code.currency,
        "country": code.country,
        "merchant_name": code.merchant_name,
        "merchant_city": code.merchant_city,
        "mcc": code.mcc,
    }


def _print_refusal(terminal: Console, refusal: QrRefusal) -> None:
    terminal.print(
        f"not a valid code: {refusal.meaning()}", style="red", markup=False, soft_wrap=True
    )
    terminal.print(f"  {refusal.code}: {refusal}", markup=False, soft_wrap=True)


def _table(code: MerchantCode) -> Table:
    table = Table("field", "value", title="EMVCo merchant-presented code")
    for name, said in _summary(code).items():
        if said is not None:
            table.add_row(name.replace("_", " "), _plain(said))
    if code.language is not None:
        table.add_row("local name", _plain(code.language.name))
    for scheme in schemes_of(code):
        table.add_row(f"scheme ({scheme.tag})", _plain(scheme.name))
    for tag, value in code.fields.items():
        if isinstance(value, str):
            table.add_row(tag, _plain(value))
            continue
        for inner, text in value["sub"].items():
            table.add_row(f"{tag}.{inner}", _plain(text))
    for warning in code.warnings:
        table.add_row(f"warning {warning.where}".rstrip(), _plain(warning.rule))
    return table


def _plain(text: str) -> Text:
    """Text of a stranger: shown, never obeyed as markup."""
    return Text(text)


def _draft(merchant: Merchant, terms: Terms, local: LocalName, fields: Sequence[str]) -> Draft:
    accounts, additional = _accounts(fields)
    return Draft(
        accounts=tuple(a for a in accounts if a.tag < _ADDITIONAL),
        unreserved=tuple(a for a in accounts if a.tag > _ADDITIONAL),
        additional=additional,
        mcc=merchant.mcc,
        currency=merchant.currency,
        country=merchant.country,
        merchant_name=merchant.name,
        merchant_city=merchant.city,
        language=_language(local),
        **asdict(terms),
    )


def _language(local: LocalName) -> Language | None:
    if local.local_name is None:
        return None
    return Language(local.local_language, local.local_name, local.local_city)


def _accounts(fields: Sequence[str]) -> tuple[list[Account], dict[str, str]]:
    """The accounts and the additional fields that `TAG=VALUE` and `TAG.SUB=VALUE` name."""
    primitive: dict[str, str] = {}
    templates: dict[str, dict[str, str]] = {}
    for said in fields:
        path, equals, value = said.partition("=")
        tag, dot, inner = path.partition(".")
        home = templates.setdefault(tag, {}) if dot else primitive
        key = inner if dot else tag
        if not equals:
            raise BadTag(f"a field is TAG=VALUE or TAG.SUB=VALUE, not {said!r}")
        if key in home:
            raise DuplicateTag("a tag may stand only once", where=path)
        home[key] = value
    additional = templates.pop(_ADDITIONAL, {})
    accounts = [Account(tag, value) for tag, value in primitive.items()]
    return accounts + [Account(tag, sub=sub) for tag, sub in templates.items()], additional


def _draw(payload: str, picture: Picture) -> None:
    # Readers take what is not ASCII for UTF-8 only in byte mode; Kanji mode is Shift JIS.
    mode = None if payload.isascii() else "byte"
    drawn = segno.make(payload, error="m", micro=False, mode=mode, encoding="utf-8")
    if picture.png is not None:
        drawn.save(str(picture.png), kind="png", scale=8)
    if picture.svg is not None:
        drawn.save(str(picture.svg), kind="svg", scale=8)
    if picture.terminal:
        drawn.terminal(compact=True)
