"""The statement as ISO 20022 camt.053.001.08 (BankToCustomerStatementV08), piece by piece.

Amounts are decimal digits made from whole minor units. A month that is over has an opening and a
closing booked balance (OPBD, CLBD); one that is not has an interim one (ITBD) at its end.
"""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from tael import ledger
from tael.kernel.clock import SHANGHAI
from tael.kernel.money import Money
from tael.ledger import Direction, MovementKind
from tael.statements.queries import Statement
from tael.statements.rules import account_text, decimal
from tael.statements.spreadsheet import Pages
from tael.statements.words import counterparty, words_of

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
SERVICER: Final = "Tael"

_TRANSFERS: Final = {Direction.IN: "RCDT", Direction.OUT: "ICDT"}
_OPERATIONS: Final = {Direction.IN: "MCOP", Direction.OUT: "MDOP"}
_CODES: Final[dict[MovementKind, tuple[dict[Direction, str], str]]] = {
    MovementKind.PAYMENT: (_TRANSFERS, "BOOK"),
    MovementKind.TRANSFER: (_TRANSFERS, "BOOK"),
    MovementKind.TOP_UP: (_TRANSFERS, "OTHR"),
    MovementKind.WITHDRAWAL: (_TRANSFERS, "OTHR"),
    MovementKind.FEE: (_OPERATIONS, "CHRG"),
    MovementKind.REFUND: (_TRANSFERS, "RRTN"),
    MovementKind.REVERSAL: (_TRANSFERS, "RPCR"),
    MovementKind.PAYOUT: (_TRANSFERS, "SALA"),
    MovementKind.ADJUSTMENT: (_OPERATIONS, "ADJT"),
    MovementKind.INTEREST: (_OPERATIONS, "INTR"),
}
"""Bank transaction codes of the domain PMNT (ISO 20022 external code sets): family, subfamily."""

_OTHER: Final = (_OPERATIONS, "OTHR")

_NAME_MAX: Final = 140
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even escaped."""


async def camt053(told: Statement, pages: Pages) -> AsyncIterator[bytes]:
    """The file, a page of entries at a time."""
    yield "".join(_head(told)).encode()
    async for page in pages:
        yield "".join(_entry(line, told) for line in page).encode()
    yield b"</Stmt></BkToCstmrStmt></Document>\n"


def _head(told: Statement) -> Iterator[str]:
    made = _instant(told.made_at)
    # Ids are at most 35 characters and name the same statement each time that it is taken.
    name = f"{account_text(told.account)}-{told.month}"
    end = told.month.ends if told.complete else told.made_at
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{name}</MsgId><CreDtTm>{made}</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{name}</Id><CreDtTm>{made}</CreDtTm>"
        f"<FrToDt><FrDtTm>{_instant(told.month.begins)}</FrDtTm>"
        f"<ToDtTm>{_instant(end)}</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{account_text(told.account)}</Id></Othr></Id>"
        f"<Ccy>{told.opening.currency.code}</Ccy><Ownr><Nm>{_text(told.holder)}</Nm></Ownr>"
        f"<Svcr><FinInstnId><Nm>{SERVICER}</Nm></FinInstnId></Svcr></Acct>"
    )
    yield _balance("OPBD", told.opening, told.month.first_day.isoformat())
    if told.complete:
        yield _balance("CLBD", told.closing, told.month.last_day.isoformat())
    else:
        yield _balance("ITBD", told.closing, end.astimezone(SHANGHAI).date().isoformat())
    sums = told.sums
    net = sums.total_in - sums.total_out
    yield (
        f"<TxsSummry><TtlNtries><NbOfNtries>{told.entries}</NbOfNtries>"
        f"<Sum>{decimal(sums.total_in + sums.total_out)}</Sum>"
        f"<TtlNetNtry><Amt>{decimal(_size(net))}</Amt>{_indicator(net)}</TtlNetNtry></TtlNtries>"
        f"<TtlCdtNtries><NbOfNtries>{sums.entries_in}</NbOfNtries>"
        f"<Sum>{decimal(sums.total_in)}</Sum></TtlCdtNtries>"
        f"<TtlDbtNtries><NbOfNtries>{sums.entries_out}</NbOfNtries>"
        f"<Sum>{decimal(sums.total_out)}</Sum></TtlDbtNtries></TxsSummry>"
    )


def _entry(line: ledger.PeriodEntry, told: Statement) -> str:
    entry = line.entry
    words = words_of(told.language)
    family, subfamily = _CODES.get(entry.kind, _OTHER)
    into = entry.direction is Direction.IN
    amount = f'<Amt Ccy="{entry.amount.currency.code}">{decimal(entry.amount)}</Amt>'
    side = f"<CdtDbtInd>{'CRDT' if into else 'DBIT'}</CdtDbtInd>"
    number = ledger.receipt_number(entry.movement, entry.at)
    day = entry.at.astimezone(SHANGHAI).date().isoformat()
    party = "Dbtr" if into else "Cdtr"
    name = _text(counterparty(line, words))
    parties = f"<RltdPties><{party}><Pty><Nm>{name}</Nm></Pty></{party}></RltdPties>"
    memo = _text(entry.memo)
    remittance = f"<RmtInf><Ustrd>{memo}</Ustrd></RmtInf>" if memo else ""
    return (
        f"<Ntry><NtryRef>{entry.sequence}</NtryRef>{amount}{side}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><DtTm>{_instant(entry.at)}</DtTm></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>{number}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family[entry.direction]}</Cd>"
        f"<SubFmlyCd>{subfamily}</SubFmlyCd></Fmly></Domn>"
        f"<Prtry><Cd>{entry.kind.value}</Cd></Prtry></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><AcctSvcrRef>{number}</AcctSvcrRef></Refs>{amount}{side}"
        f"{parties if name else ''}{remittance}</TxDtls></NtryDtls></Ntry>\n"
    )


def _balance(code: str, amount: Money, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{amount.currency.code}">{decimal(_size(amount))}</Amt>'
        f"{_indicator(amount)}<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _size(amount: Money) -> Money:
    return Money(abs(amount.minor), amount.currency)


def _indicator(amount: Money) -> str:
    return f"<CdtDbtInd>{'DBIT' if amount.minor < 0 else 'CRDT'}</CdtDbtInd>"


def _instant(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("", text)[:_NAME_MAX].strip())
