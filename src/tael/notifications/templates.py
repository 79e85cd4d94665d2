"""The texts of messages, in each language that we write. None carries a link."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

LANGUAGES: Final = ("zh-CN", "en")


class Template(StrEnum):
    """Every kind of message that we send."""

    CODE_SIGN_IN = "code_sign_in"
    """A code to confirm the number when signing up or in: `code`, `minutes`."""
    CODE_CHANGE_PHONE = "code_change_phone"
    """A code to confirm the number that a wallet moves to: `code`, `minutes`."""
    PIN_CHANGED = "pin_changed"
    """The payment PIN was changed with the old one."""
    PIN_RESET = "pin_reset"
    """The payment PIN was set anew without the old one."""
    PIN_LOCKED = "pin_locked"
    """Too many wrong PINs."""
    PHONE_CHANGED = "phone_changed"
    """To the old number: the wallet moved to `phone` (masked)."""


_TEXTS: Final[Mapping[Template, Mapping[str, str]]] = {
    Template.CODE_SIGN_IN: {
        "zh-CN": "【Tael 钱包】您的验证码是 {code}，{minutes} 分钟内有效，用于登录。"
        "请勿告诉任何人，银行人员也不会向您索要。",
        "en": "[Tael Wallet] Your code is {code}, valid for {minutes} minutes, to sign in. "
        "Tell it to nobody: the bank never asks for it.",
    },
    Template.CODE_CHANGE_PHONE: {
        "zh-CN": "【Tael 钱包】您的验证码是 {code}，{minutes} 分钟内有效，"
        "用于将钱包更换到本手机号。请勿告诉任何人，银行人员也不会向您索要。",
        "en": "[Tael Wallet] Your code is {code}, valid for {minutes} minutes, to move a wallet "
        "to this number. Tell it to nobody: the bank never asks for it.",
    },
    Template.PIN_CHANGED: {
        "zh-CN": "【Tael 钱包】您的支付密码已修改，其他设备已退出登录。如非本人操作，"
        "请立即在钱包中冻结钱包。",
        "en": "[Tael Wallet] Your payment PIN was changed and other devices were signed out. "
        "If this was not you, freeze your wallet in the app at once.",
    },
    Template.PIN_RESET: {
        "zh-CN": "【Tael 钱包】您的支付密码已重置，24 小时内不能向新收款人转账。"
        "如非本人操作，请立即在钱包中冻结钱包。",
        "en": "[Tael Wallet] Your payment PIN was reset; for 24 hours no transfer goes to a new "
        "payee. If this was not you, freeze your wallet in the app at once.",
    },
    Template.PIN_LOCKED: {
        "zh-CN": "【Tael 钱包】支付密码连续输错 5 次，已锁定 24 小时。您可以通过“忘记密码”重置。"
        "如非本人操作，请尽快登录查看。",
        "en": "[Tael Wallet] The payment PIN was entered wrong 5 times and is locked for 24 hours. "
        'You can reset it with "Forgot PIN". If this was not you, sign in and check.',
    },
    Template.PHONE_CHANGED: {
        "zh-CN": "【Tael 钱包】您的钱包已更换到手机号 {phone}，本号码不再能登录。"
        "如非本人操作，请立即联系银行。",
        "en": "[Tael Wallet] Your wallet moved to the number {phone}; this number no longer signs "
        "in. If this was not you, call the bank at once.",
    },
}


def text_of(template: Template, language: str, params: Mapping[str, str]) -> str:
    """The message as it is sent; a missing or unknown parameter is a bug and raises."""
    return _TEXTS[template][language].format_map(dict(params))
