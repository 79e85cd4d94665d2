"""What transfers between persons look like on the wire."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from tael import transfers
from tael.http.wire import Identifier, Instant, MoneyWire, PositiveMoney, Wire
from tael.kernel.ids import wire

_PAYEE = "cus_01j9z3k4m5n6p7q8r9s0t1v2w3"

Memo = Annotated[str, StringConstraints(max_length=transfers.MEMO_LENGTH_MAX)]
"""A word to the payee. What cannot be seen is taken out, so a memo reads as it was typed."""

Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,64}$")]


class PersonPayeeWire(Wire):
    """A person as a payer may see him: masks only."""

    payee: Identifier = Field(examples=[_PAYEE])
    name_masked: str | None = Field(examples=["*小明"])
    phone_masked: str = Field(examples=["138****1234"])

    @classmethod
    def of(cls, payee: transfers.Payee) -> "PersonPayeeWire":
        return cls.model_construct(
            payee=wire("cus", payee.customer_id),
            name_masked=payee.name_masked,
            phone_masked=payee.phone_masked,
        )


BankDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]
"""A day that a bank of ours can have seen or will see."""


class TransferRequest(Wire):
    """Send money to a person. `receive_code` is what resolving the person's code gave."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "payee": _PAYEE,
                    "amount": {"value": 5000, "currency": "CNY"},
                    "memo": "午饭",
                    "authorisation": "aut_01j9z3k4m5n6p7q8r9s0t1v2w3",
                    "receive_code": None,
                }
            ]
        }
    )

    payee: Identifier
    amount: PositiveMoney
    memo: Memo = ""
    authorisation: Identifier
    receive_code: Token | None = None


class TransferWire(Wire):
    """A transfer as its payer sees it; the money is there."""

    transfer: Identifier
    movement: Identifier
    amount: MoneyWire
    payee: PersonPayeeWire
    memo: str
    at: Instant

    @classmethod
    def of(cls, receipt: transfers.TransferReceipt) -> "TransferWire":
        return cls.model_construct(
            transfer=wire("trf", receipt.transfer_id),
            movement=wire("mov", receipt.movement_id),
            amount=MoneyWire.of(receipt.amount),
            payee=PersonPayeeWire.of(receipt.payee),
            memo=receipt.memo,
            at=receipt.at,
        )


class TimetableWire(Wire):
    """On which days in Shanghai a standing order sends."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"every": "month", "first_on": "2026-12-31", "last_on": None}]
        }
    )

    every: transfers.Every
    first_on: BankDay = Field(description="The first day; a short month has its last day instead.")
    last_on: BankDay | None = Field(default=None, description="No day after this one.")

    def timetable(self) -> transfers.Timetable:
        """The same, as transfers decide."""
        return transfers.Timetable(self.every, self.first_on, self.last_on)

    @classmethod
    def of(cls, timetable: transfers.Timetable) -> "TimetableWire":
        return cls.model_construct(
            every=timetable.every, first_on=timetable.first_on, last_on=timetable.last_on
        )


def present_transfer(receipt: transfers.TransferReceipt) -> bytes:
    """The reply to a transfer that was not refused."""
    return TransferWire.of(receipt).model_dump_json().encode()
