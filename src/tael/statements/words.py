"""The words of a statement, in the customer's language."""

from dataclasses import dataclass
from typing import Final

from tael import ledger
from tael.ledger import MovementKind

_Kind = dict[MovementKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's words."""

    tag: str
    region: str
    title: str
    so_far: str
    so_far_note: str
    holder: str
    account: str
    period: str
    made_at: str
    currency: str
    opening: str
    closing: str
    balance_now: str
    total_in: str
    total_out: str
    count: str
    volume: str
    brought: str
    carried: str
    date: str
    time: str
    kind: str
    counterparty: str
    memo: str
    into: str
    out: str
    balance: str
    receipt: str
    nothing: str
    bank_card: str
    check_title: str
    check: str
    in_words: str
    kinds: _Kind

    def name(self, kind: MovementKind) -> str:
        """A kind of movement; its own name where this language has none yet."""
        return self.kinds.get(kind, kind.value)


EN: Final = Words(
    tag="en",
    region="gb",
    title="Account statement",
    so_far="So far",
    so_far_note="This month is not over: the statement tells what is booked by now.",
    holder="Account holder",
    account="Wallet account",
    period="Period",
    made_at="Made on",
    currency="Currency",
    opening="Opening balance",
    closing="Closing balance",
    balance_now="Balance so far",
    total_in="Money in",
    total_out="Money out",
    count="entries",
    volume="Volume",
    brought="Brought forward",
    carried="Carried forward",
    date="Date",
    time="Time",
    kind="Kind",
    counterparty="Counterparty",
    memo="Note",
    into="In",
    out="Out",
    balance="Balance",
    receipt="Receipt number",
    nothing="Nothing was booked in this period.",
    bank_card="Bank card",
    check_title="How to check this statement",
    check=(
        "It is signed by the bank. Open it in a reader that shows signatures (for example Adobe"
        " Reader): it must say that the document was not changed since it was signed, and the"
        " signer's certificate must have this SHA-256 fingerprint. The bank publishes it, and"
        " tells it to you by telephone:"
    ),
    in_words="Days and times are those of Shanghai. The balance after each entry is shown.",
    kinds={
        MovementKind.PAYMENT: "Payment",
        MovementKind.TRANSFER: "Transfer",
        MovementKind.TOP_UP: "Top-up",
        MovementKind.WITHDRAWAL: "Withdrawal",
        MovementKind.FEE: "Fee",
        MovementKind.REFUND: "Refund",
        MovementKind.REVERSAL: "Reversal",
        MovementKind.PAYOUT: "Payout",
        MovementKind.ADJUSTMENT: "Correction",
        MovementKind.INTEREST: "Interest",
    },
)

ZH: Final = Words(
    tag="zh",
    region="cn",
    title="账户对账单",
    so_far="截至目前",
    so_far_note="本月尚未结束：本对账单列示截至目前已入账的交易。",
    holder="户名",
    account="钱包账号",
    period="账单期间",
    made_at="出具时间",
    currency="币种",
    opening="期初余额",
    closing="期末余额",
    balance_now="当前余额",
    total_in="收入合计",
    total_out="支出合计",
    count="笔",
    volume="分册",
    brought="承前余额",
    carried="过次余额",
    date="日期",
    time="时间",
    kind="类型",
    counterparty="对方",
    memo="附言",
    into="收入",
    out="支出",
    balance="余额",
    receipt="回单编号",
    nothing="本期间没有入账交易。",
    bank_card="银行卡",
    check_title="如何核验本对账单",
    check=(
        "本对账单由银行数字签名。请使用可显示签名的阅读器（例如 Adobe Reader）打开：应显示文件自"
        "签名后未被修改，且签名证书的 SHA-256 指纹与以下内容一致。"
        "银行公布该指纹，也可致电银行核对："
    ),
    in_words="日期和时间均为上海时间；每笔交易后列示余额。",
    kinds={
        MovementKind.PAYMENT: "付款",
        MovementKind.TRANSFER: "转账",
        MovementKind.TOP_UP: "充值",
        MovementKind.WITHDRAWAL: "提现",
        MovementKind.FEE: "手续费",
        MovementKind.REFUND: "退款",
        MovementKind.REVERSAL: "冲正",
        MovementKind.PAYOUT: "代发",
        MovementKind.ADJUSTMENT: "更正",
        MovementKind.INTEREST: "利息",
    },
)


def words_of(language: str) -> Words:
    """The words of a customer's language."""
    return EN if language == "en" else ZH


def counterparty(line: ledger.PeriodEntry, words: Words) -> str:
    """Who stands on the other side, as the statement names them.

    What a card pays passes through the wallet, and on that way the other side is the card.
    """
    through = line.entry.kind in {MovementKind.PAYMENT, MovementKind.REFUND}
    if through and line.other == ledger.CARD_CLEARING:
        return words.bank_card
    return line.entry.counterparty
