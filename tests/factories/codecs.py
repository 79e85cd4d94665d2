"""Codes and switch messages to test with, and hypothesis strategies for all that can be."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from tael.codecs.emvco import Account, Draft, Initiation, Language
from tael.codecs.iso8583_messages import (
    Acceptor,
    FinancialRequest,
    Inquiry,
    InquiryResponse,
    LocalTime,
    Message,
    MessageKey,
    NetworkFunction,
    NetworkRequest,
    OriginalOutcome,
    Pan,
    Processing,
    ResponseCode,
    Reversal,
)
from tael.kernel.money import CNY, Money

PAN = "6222021234567890123"


def a_draft(**changes: Any) -> Draft:  # noqa: ANN401 - any part of it
    """The code of the domain notes' own sample, changed as asked."""
    said: dict[str, Any] = {
        "accounts": (Account.template("26", "com.example.wallet", {"01": "M000000000001"}),),
        "mcc": "5812",
        "currency": "156",
        "country": "CN",
        "merchant_name": "DEMO NOODLES",
        "merchant_city": "BEIJING",
        "initiation": Initiation.DYNAMIC,
        "amount": "23.50",
        "additional": {"01": "ORD20260101001", "07": "T0000001"},
        "language": Language("ZH", "示例面馆", "北京"),
    }
    return Draft(**{**said, **changes})


def a_request(**changes: Any) -> FinancialRequest:  # noqa: ANN401 - as a_draft
    """A top-up of 12.50 CNY, changed as asked."""
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    said: dict[str, Any] = {
        "key": MessageKey.of(42, at, "48021000"),
        "pan": Pan(PAN),
        "processing": Processing.PURCHASE,
        "amount": Money(1250, CNY),
        "local": LocalTime.of(at),
        "acceptor": Acceptor("TAEL0001", "TAELWALLET", "TAEL TOP-UP  SHANGHAI CN", "6012"),
        "reference": "000000000042",
    }
    return FinancialRequest(**{**said, **changes})


def a_reversal(request: FinancialRequest, **changes: Any) -> Reversal:  # noqa: ANN401 - as a_draft
    """What undoes that request."""
    said: dict[str, Any] = {
        "key": MessageKey.of(43, datetime(2026, 3, 4, 5, 7, 7, tzinfo=UTC), "48021000"),
        "original": request.original,
        "pan": request.pan,
        "processing": request.processing,
        "amount": request.amount,
        "local": request.local,
        "acceptor": request.acceptor,
        "reference": request.reference,
    }
    return Reversal(**{**said, **changes})


def _ascii(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=least, max_size=most
    )


def _any_text(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=least, max_size=most)


_AMOUNTS = st.integers(1, 10**9).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
_PRIMITIVES = st.builds(Account, st.integers(2, 25).map("{:02}".format), st.one_of(_ascii(1, 30)))


def _templates(first: int, last: int) -> st.SearchStrategy[Account]:
    subs = st.dictionaries(st.integers(1, 99).map("{:02}".format), _any_text(0, 8), max_size=3)
    return st.builds(Account.template, st.integers(first, last).map(str), _ascii(1, 32), subs)


def _by_tag(account: Account) -> str:
    return account.tag


_TIPS = st.sampled_from(
    [
        {},
        {"tip": "01"},
        {"tip": "02", "fixed_fee": "1.50"},
        {"tip": "03", "percentage_fee": "5"},
    ]
)
drafts: st.SearchStrategy[Draft] = st.builds(
    lambda tips, rest: Draft(**tips, **rest),
    _TIPS,
    st.fixed_dictionaries(
        {
            "accounts": st.lists(
                st.one_of(_PRIMITIVES, _templates(26, 51)),
                min_size=1,
                max_size=3,
                unique_by=_by_tag,
            ).map(lambda accounts: tuple(sorted(accounts, key=_by_tag))),
            "mcc": st.from_regex(r"[0-9]{4}", fullmatch=True),
            "currency": st.from_regex(r"[0-9]{3}", fullmatch=True).filter(str.isascii),
            "country": st.from_regex(r"[A-Z]{2}", fullmatch=True),
            "merchant_name": _ascii(1, 25),
            "merchant_city": _ascii(1, 15),
            "initiation": st.none() | st.sampled_from(Initiation),
            "amount": st.none() | _AMOUNTS,
            "postal_code": st.none() | _ascii(1, 10),
            "additional": st.dictionaries(
                st.integers(1, 11).map("{:02}".format), _any_text(1, 7), max_size=6
            ),
            "language": st.none()
            | st.builds(Language, st.just("ZH"), _any_text(1, 25), st.none() | _any_text(1, 15)),
            "unreserved": st.lists(_templates(80, 99), max_size=1).map(tuple),
        }
    ),
)
"""Every code that the standard allows and that fits into its 512 characters."""

_digits = st.integers(0, 9).map(str)


def _number(count: int) -> st.SearchStrategy[str]:
    return st.lists(_digits, min_size=count, max_size=count).map("".join)


def _padless(most: int) -> st.SearchStrategy[str]:
    return _ascii(0, most).map(str.rstrip)


_instants = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
keys = st.builds(MessageKey.of, st.integers(0, 999_999), _instants, _number(8))
requests: st.SearchStrategy[FinancialRequest] = st.builds(
    FinancialRequest,
    key=keys,
    pan=st.integers(12, 19).flatmap(_number).map(Pan),
    processing=st.sampled_from(Processing),
    amount=st.builds(Money, st.integers(1, 10**12 - 1), st.just(CNY)),
    local=st.builds(LocalTime.of, _instants),
    acceptor=st.builds(Acceptor, _padless(8), _padless(15), _padless(40), _number(4)),
    reference=_number(12),
    expiry=st.none() | st.builds("{:02}{:02}".format, st.integers(0, 99), st.integers(1, 12)),
    entry_mode=_number(3),
    condition=_number(2),
)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message that the switch and we can exchange."""
    request, key = draw(requests), draw(keys)
    code = draw(st.sampled_from(ResponseCode))
    reversal = a_reversal(request, key=key, repeat=draw(st.booleans()))
    inquiry = Inquiry(key=key, original=request.original)
    network = NetworkRequest(key=key, function=draw(st.sampled_from(NetworkFunction)))
    outcome = OriginalOutcome(code=code, reversed=draw(st.booleans()))
    answered: InquiryResponse = draw(
        st.sampled_from(
            [
                inquiry.answer(ResponseCode.APPROVED, outcome),
                inquiry.answer(ResponseCode.NOT_FOUND),
                inquiry.answer(ResponseCode.IN_PROGRESS),
            ]
        )
    )
    approval = draw(st.none() | _number(6))
    exchanged: list[Message] = [
        request,
        request.answer(code, approval=approval),
        reversal,
        reversal.answer(code),
        inquiry,
        answered,
        network,
        network.answer(code),
    ]
    return draw(st.sampled_from(exchanged))
