"""GET /statements/{month}.{pdf,csv,xml}: the same entries and balances in three forms."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from lxml import etree
from pypdf import PdfReader

from factories.identity import Browser
from factories.shops import Bank, yuan
from tael import statements
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.statements import queries, rules
from tael.statements.camt053 import NAMESPACE
from tael.statements.signing import FIELD

NS = {"c": NAMESPACE}


async def taken(customer: Browser, name: str) -> bytes:
    reply = await customer.get(f"/statements/{name}")
    assert reply.status_code == 200, reply.text
    assert reply.headers["cache-control"] == "no-store"
    assert f'filename="tael-{name}"' in reply.headers["content-disposition"]
    return bytes(reply.content)


def rows(octets: bytes) -> list[list[str]]:
    assert octets.startswith(b"\xef\xbb\xbf")
    text = octets.decode("utf-8-sig")
    assert text.count("\r\n") == text.count("\n")
    return list(csv.reader(io.StringIO(text, newline="")))


async def test_the_spreadsheet_tells_every_entry_between_its_balances(settled: Browser) -> None:
    heading, opening, *entries, closing = rows(await taken(settled, "2026-08.csv"))
    assert heading[1:] == [
        *("日期", "时间", "类型", "对方", "附言", "收入", "支出", "余额", "币种", "回单编号"),
    ]
    assert (opening[3], opening[8]) == ("期初余额", "0.00")
    assert [" ".join(row[1:10]) for row in entries] == [
        "2026-08-03 12:00:00 充值 示例银行 6217  1000.00  1000.00 CNY",
        "2026-08-09 09:00:00 付款 示例面馆 Demo Noodles 牛肉面  23.50 976.50 CNY",
        "2026-08-31 23:59:59 转账 *丽华 '=1+1  100.00 876.50 CNY",
    ]
    assert (closing[1], closing[3], closing[8]) == ("2026-09-01", "期末余额", "876.50")
    assert len({row[10] for row in entries}) == 3


async def test_a_month_without_entries_has_two_equal_balances(settled: Browser) -> None:
    _, opening, closing = rows(await taken(settled, "2026-09.csv"))
    assert opening[8] == closing[8] == "876.50"


def balances(root: Any) -> dict[str, str]:  # noqa: ANN401 - lxml ships no types
    found = {}
    for each in root.findall(".//c:Bal", NS):
        assert each.findtext("c:CdtDbtInd", None, NS) == "CRDT"
        found[each.findtext(".//c:Cd", None, NS)] = each.findtext("c:Amt", None, NS)
    return found


def minor(text: str | None) -> int:
    assert text is not None
    whole, part = text.split(".")
    assert len(part) == 2
    return int(whole + part)


async def test_the_banks_file_adds_up_and_names_each_entry(settled: Browser) -> None:
    root = etree.fromstring(await taken(settled, "2026-10.xml"))
    assert balances(root) == {"OPBD": "876.50", "CLBD": "584.50"}
    net = 0
    references = []
    for entry in root.findall(".//c:Ntry", NS):
        amount = minor(entry.findtext("c:Amt", None, NS))
        net += amount if entry.findtext("c:CdtDbtInd", None, NS) == "CRDT" else -amount
        references.append(entry.findtext("c:AcctSvcrRef", None, NS))
        assert entry.findtext("c:BkTxCd/c:Domn/c:Cd", None, NS) == "PMNT"
        assert entry.findtext("c:Sts/c:Cd", None, NS) == "BOOK"
    assert net == 58_450 - 87_650
    assert len(set(references)) == 2
    assert root.findtext(".//c:TtlNtries/c:NbOfNtries", None, NS) == "2"
    assert root.findtext(".//c:TtlNtries/c:Sum", None, NS) == "308.00"
    assert root.findtext(".//c:TtlNetNtry/c:Amt", None, NS) == "292.00"
    assert root.findtext(".//c:TtlNetNtry/c:CdtDbtInd", None, NS) == "DBIT"
    assert root.findtext(".//c:Ustrd", None, NS) == 'AA "午饭", <b>&'
    numbers = {row[10] for row in rows(await taken(settled, "2026-10.csv"))[2:-1]}
    assert set(references) == numbers


async def test_a_month_that_is_not_over_is_marked_so_far(customer: Browser, bank: Bank) -> None:
    await bank.fund(customer.customer, yuan(12))
    month = (await customer.get("/statements")).json()["months"][0]["month"]
    assert rows(await taken(customer, f"{month}.csv"))[-1][3] == "当前余额"
    root = etree.fromstring(await taken(customer, f"{month}.xml"))
    assert balances(root) == {"OPBD": "0.00", "ITBD": "12.00"}
    text = PdfReader(io.BytesIO(await taken(customer, f"{month}.pdf"))).pages[0].extract_text()
    assert "截至目前" in text


async def test_the_printed_one_embeds_its_glyphs_and_masks_who_it_is_of(settled: Browser) -> None:
    reader = PdfReader(io.BytesIO(await taken(settled, "2026-08.pdf")))
    text = "".join(page.extract_text() for page in reader.pages)
    for told in ("账户对账单", "示例面馆 Demo Noodles", "牛肉面", "期末余额", "876.50", "1 / 1"):
        assert told in text, told
    assert "********" in text
    assert settled.phone not in text
    resources: Any = reader.pages[0]["/Resources"]
    fonts = resources["/Font"]
    for font in fonts.values():
        descendant = font.get_object()["/DescendantFonts"][0].get_object()
        assert "/FontFile3" in descendant["/FontDescriptor"]
        assert descendant["/BaseFont"][7] == "+", "only the glyphs that are used"
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"], "it is tagged"
    # As an element, or as the attribute that the signer makes of it.
    told = root["/Metadata"].get_object().get_data()
    assert b"pdfaid:part>2<" in told or b'pdfaid:part="2"' in told


def signature_of(octets: bytes) -> Any:  # noqa: ANN401 - pyHanko's own
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - slow to import

    [signature] = PdfFileReader(io.BytesIO(octets)).embedded_signatures
    return signature


async def test_the_printed_one_is_signed_over_all_of_it_by_the_banks_certificate(
    settled: Browser, database: Database, settings: Settings
) -> None:
    octets = await taken(settled, "2026-08.pdf")
    signature = signature_of(octets)
    assert signature.field_name == FIELD
    key = await statements.signing_key(database, settings)
    assert signature.signer_cert.dump() == key.certificate
    assert await is_intact(octets)
    text = PdfReader(io.BytesIO(octets)).pages[0].extract_text().replace("\n", "")
    assert key.fingerprint in text
    altered = octets.replace(b"/Marked true", b"/Marked fals", 1)
    assert altered != octets
    assert not await is_intact(altered)


async def is_intact(octets: bytes) -> bool:
    from pyhanko.sign.validation import async_validate_pdf_signature  # noqa: PLC0415 - slow to import
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415 - as above

    signature = signature_of(octets)
    context = ValidationContext(trust_roots=[signature.signer_cert])
    status = await async_validate_pdf_signature(signature, context)
    return bool(status.intact and status.valid)


async def test_both_of_two_processes_sign_with_one_key(
    database: Database, settings: Settings
) -> None:
    first = await statements.signing_key(database, settings)
    assert await statements.signing_key(database, settings) == first


async def test_a_real_bank_without_a_key_refuses_to_print(settings: Settings) -> None:
    opened = await Database.open(settings.database_url, clock_moves=False)
    try:
        with pytest.raises(statements.errors.NoSigningKey):
            await statements.signing_key(opened, settings)
    finally:
        await opened.close()


async def test_a_long_month_has_volumes_that_carry_the_balance(
    settled: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rules, queries):
        monkeypatch.setattr(module, "VOLUME_ENTRIES", 2)
    months = {m["month"]: m for m in (await settled.get("/statements")).json()["months"]}
    assert months["2026-08"]["volumes"] == 2
    reply = await settled.get("/statements/2026-08.pdf?volume=2")
    text = PdfReader(io.BytesIO(reply.content)).pages[0].extract_text()
    assert "承前余额" in text
    assert "976.50" in text
    assert "2 / 2" in text
    beyond = await settled.get("/statements/2026-08.pdf?volume=3")
    assert (beyond.status_code, beyond.json()["code"]) == (404, "statements.volume_not_found")


async def test_pages_of_any_size_make_the_same_file(
    settled: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await taken(settled, "2026-08.csv")
    monkeypatch.setattr(queries, "PAGE", 1)
    sizes: list[int] = []
    plain = queries.pages

    async def counted(*arguments: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - passed on
        async for page in plain(*arguments):
            sizes.append(len(page))
            yield page

    monkeypatch.setattr(statements, "pages", counted)
    assert await taken(settled, "2026-08.csv") == whole
    assert sizes == [1, 1, 1]
