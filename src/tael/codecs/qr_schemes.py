"""Whose payment code is this? Names for the schemes that people meet.

So a code that we cannot pay is refused by its scheme's name, and not as rubbish.

Sources: the public specifications and code samples of the schemes; EMVCo QRCPS MPM 1.1 table
4.3 for the tags 02–25; ISO/IEC 7816-5 registered application providers for AIDs.
"""

from dataclasses import dataclass
from typing import Final

from tael.codecs.emvco import MerchantCode

OUR_GUID: Final = "cn.tael.wallet"
OUR_NAME: Final = "Tael"


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme that a code can be paid through."""

    name: str
    tag: str
    guid: str | None
    """The identifier of its template, none for the tags that EMVCo assigns itself."""


_BY_GUID: Final = {
    OUR_GUID: OUR_NAME,
    "br.gov.bcb.pix": "Pix",
    "com.grab": "GrabPay",
    "com.mercadolibre": "Mercado Pago",
    "com.p2pqrpay": "QR Ph",
    "ph.ppmi.p2m": "QR Ph",
    "hk.com.hkicl": "FPS",
    "id.co.qris.www": "QRIS",
    "jp.or.paymentsjapan": "JPQR",
    "sg.com.dash.www": "Dash",
    "sg.com.nets": "NETS",
    "sg.paynow": "PayNow",
    "sg.sgqr": "SGQR",
    "vn.airpay.www": "ShopeePay",
}
_BY_AID: Final = {
    "A000000677010111": "PromptPay",
    "A000000677010112": "PromptPay",
    "A000000677010113": "PromptPay",
    "A000000677010114": "PromptPay",
    "A000000615": "DuitNow",
    "A000000727": "VietQR",
    "A000000775": "VNPAY",
    "A000000003": "Visa",
    "A000000004": "Mastercard",
    "A000000025": "American Express",
    "A000000065": "JCB",
    "A000000152": "Discover",
    "A000000333": "UnionPay",
    "A000000524": "RuPay",
}
_BY_TAG: Final = {
    **dict.fromkeys(("02", "03"), "Visa"),
    **dict.fromkeys(("04", "05"), "Mastercard"),
    **dict.fromkeys(("06", "07", "08"), "EMVCo"),
    **dict.fromkeys(("09", "10"), "Discover"),
    **dict.fromkeys(("11", "12"), "American Express"),
    **dict.fromkeys(("13", "14"), "JCB"),
    **dict.fromkeys(("15", "16"), "UnionPay"),
}
_BY_PREFIX: Final = (
    ("https://qr.alipay.com/", "Alipay"),
    ("https://render.alipay.com/", "Alipay"),
    ("https://mobilecodec.alipay.com/", "Alipay"),
    ("alipay://", "Alipay"),
    ("alipays://", "Alipay"),
    ("alipayqr://", "Alipay"),
    ("wxp://", "WeChat Pay"),
    ("weixin://wxpay/", "WeChat Pay"),
    ("https://wx.tenpay.com/", "WeChat Pay"),
    ("https://payapp.weixin.qq.com/", "WeChat Pay"),
    ("https://qr.95516.com/", "UnionPay"),
    ("https://qr.paypay.ne.jp/", "PayPay"),
    ("upi://", "UPI"),
    ("bitcoin:", "Bitcoin"),
    ("bcd\n", "SEPA credit transfer"),
    ("bcd\r\n", "SEPA credit transfer"),
    ("spc\n", "Swiss QR-bill"),
    ("spc\r\n", "Swiss QR-bill"),
)
_PREFIX_MAX: Final = max(len(prefix) for prefix, _ in _BY_PREFIX)


def schemes_of(code: MerchantCode) -> tuple[Scheme, ...]:
    """The schemes of a code's merchant accounts, in its order.

    A template of a scheme that we have no name for is named by its identifier; a template
    without one tells nothing and is left out.
    """
    found = []
    for account in code.accounts:
        name = _name(account.tag, account.guid)
        if name:
            found.append(Scheme(name, account.tag, account.guid))
    return tuple(found)


def foreign_scheme(text: str) -> str | None:
    """Whose payment link this is, if it is one that is not EMVCo; ask before `parse`."""
    # QR encoders write links in capitals, because that takes less room.
    start = text[:_PREFIX_MAX].lower()
    for prefix, name in _BY_PREFIX:
        if start.startswith(prefix):
            return name
    return None


def _name(tag: str, guid: str | None) -> str | None:
    if tag <= "25":
        return _BY_TAG.get(tag, "EMVCo")
    if not guid:
        return None
    for aid, name in _BY_AID.items():
        if guid.upper().startswith(aid):
            return name
    # Cambodia's banks write an account at a bank where others write an identifier.
    if tag in {"29", "30"} and "@" in guid:
        return "KHQR"
    return _BY_GUID.get(guid.casefold(), guid)
