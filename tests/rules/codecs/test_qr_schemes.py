import pytest

from factories.codecs import a_draft
from tael.codecs.emvco import Account, make, parse
from tael.codecs.qr_schemes import OUR_GUID, Scheme, foreign_scheme, schemes_of


def schemes(*accounts: Account) -> tuple[Scheme, ...]:
    return schemes_of(parse(make(a_draft(accounts=accounts))))


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("02", "Visa"),
        ("05", "Mastercard"),
        ("07", "EMVCo"),
        ("10", "Discover"),
        ("12", "American Express"),
        ("13", "JCB"),
        ("15", "UnionPay"),
        ("16", "UnionPay"),
        ("25", "EMVCo"),
    ],
)
def test_the_tags_that_emvco_assigns_name_their_card_scheme(tag: str, name: str) -> None:
    assert schemes(Account(tag, "1234")) == (Scheme(name, tag, None),)


@pytest.mark.parametrize(
    ("tag", "guid", "name"),
    [
        ("26", OUR_GUID, "Tael"),
        ("26", "BR.GOV.BCB.PIX", "Pix"),
        ("26", "br.gov.bcb.pix", "Pix"),
        ("26", "SG.PAYNOW", "PayNow"),
        ("26", "hk.com.hkicl", "FPS"),
        ("27", "com.p2pqrpay", "QR Ph"),
        ("29", "A000000677010111", "PromptPay"),
        ("38", "A000000727", "VietQR"),
        ("26", "A0000006150001", "DuitNow"),
        ("30", "shop@bank", "KHQR"),
        ("26", "shop@bank", "shop@bank"),
        ("50", "org.example.unheard", "org.example.unheard"),
    ],
)
def test_a_template_is_named_by_its_identifier(tag: str, guid: str, name: str) -> None:
    assert schemes(Account.template(tag, guid, {})) == (Scheme(name, tag, guid),)


def test_a_code_of_many_schemes_names_them_in_its_order() -> None:
    found = schemes(
        Account("15", "1234"),
        Account.template("26", "SG.PAYNOW", {}),
        Account.template("51", "SG.SGQR", {}),
    )
    assert [scheme.name for scheme in found] == ["UnionPay", "PayNow", "SGQR"]


def test_a_template_without_identifier_names_nobody() -> None:
    assert schemes_of(parse("00020126050101x63045EAD")) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://qr.alipay.com/fkx0123", "Alipay"),
        ("HTTPS://QR.ALIPAY.COM/FKX0123", "Alipay"),
        ("alipays://platformapi/startapp", "Alipay"),
        ("wxp://f2f0abc", "WeChat Pay"),
        ("weixin://wxpay/bizpayurl?pr=abc", "WeChat Pay"),
        ("https://qr.95516.com/00010000/0123", "UnionPay"),
        ("upi://pay?pa=a@b", "UPI"),
        ("BCD\n002\n1\nSCT", "SEPA credit transfer"),
        ("https://qr.alipay.com.evil.example/", None),
        ("https://example.com/?https://qr.alipay.com/", None),
        ("", None),
        ("000201", None),
    ],
)
def test_a_payment_link_of_another_wallet_is_named(text: str, name: str | None) -> None:
    assert foreign_scheme(text) == name
