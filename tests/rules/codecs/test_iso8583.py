from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from factories.codecs import PAN, a_request, a_reversal
from tael.codecs import iso8583
from tael.codecs.framing import FRAME_MAX, Deframer, frame
from tael.codecs.iso8583 import MalformedMessage
from tael.codecs.iso8583_anyone import describe, meaning_of
from tael.codecs.iso8583_messages import (
    Acceptor,
    Inquiry,
    InquiryResponse,
    LocalTime,
    Message,
    MessageKey,
    NetworkFunction,
    NetworkRequest,
    Original,
    OriginalOutcome,
    Outcome,
    Pan,
    Processing,
    ResponseCode,
    decode,
    encode,
    message_type,
)
from tael.codecs.response_codes import response_code
from tael.kernel.money import CNY, PTS, Money

KEY = MessageKey("000007", "0304050607", "48021000")
TIMES = {7: "0304050607", 11: "000007", 32: "48021000"}
ORIGINAL = {90: "0200" + "000042" + "0304050607" + "00048021000" + "0" * 11}


def malformed(raw: bytes) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as refused:
        decode(raw)
    return refused.value


def without(message: bytes, number: int) -> bytes:
    """The same message without one of its fields."""
    mti, fields = iso8583.read(message)
    return iso8583.write(mti, {key: value for key, value in fields.items() if key != number})


def changed(message: bytes, number: int, value: str) -> bytes:
    """The same message with one field of another value."""
    mti, fields = iso8583.read(message)
    return iso8583.write(mti, {**fields, number: value})


def test_each_message_has_the_type_that_the_switch_expects() -> None:
    request = a_request()
    refund = a_request(processing=Processing.REFUND)
    reversal = a_reversal(request)
    inquiry = Inquiry(key=KEY, original=request.original)
    echo = NetworkRequest(key=KEY, function=NetworkFunction.ECHO)
    types: dict[str, Message] = {
        "0200": request,
        "0210": request.answer(ResponseCode.APPROVED),
        "0220": refund,
        "0230": refund.answer(ResponseCode.APPROVED),
        "0400": reversal,
        "0410": reversal.answer(ResponseCode.APPROVED),
        "0420": replace(reversal, repeat=True),
        "0430": replace(reversal, repeat=True).answer(ResponseCode.APPROVED),
        "0100": inquiry,
        "0110": inquiry.answer(ResponseCode.NOT_FOUND),
        "0800": echo,
        "0810": echo.answer(),
    }
    assert {mti: message_type(message) for mti, message in types.items()} == {
        mti: mti for mti in types
    }


def test_a_reversal_names_its_original_in_field_90() -> None:
    _, fields = iso8583.read(encode(a_reversal(a_request())))
    assert fields[90] == ORIGINAL[90]
    assert decode(encode(a_reversal(a_request()))) == a_reversal(a_request())


def test_an_echo_is_a_0800_with_code_301() -> None:
    echo = NetworkRequest(key=KEY, function=NetworkFunction.ECHO)
    assert iso8583.read(encode(echo)) == ("0800", {**TIMES, 70: "301"})


def test_an_answer_belongs_to_the_request_that_it_repeats_in_every_part() -> None:
    request = a_request()
    answer = request.answer(ResponseCode.APPROVED, approval="A1B2C3")
    assert answer.answers(request)
    assert not answer.answers(a_request(key=KEY))
    assert not answer.answers(a_request(amount=Money(1251, CNY)))
    assert not answer.answers(a_request(reference="000000000043"))


def test_an_answer_to_the_first_sending_settles_the_repeat() -> None:
    reversal = a_reversal(a_request())
    answer = reversal.answer(ResponseCode.APPROVED)
    assert answer.answers(reversal)
    assert answer.answers(replace(reversal, repeat=True))
    assert not answer.answers(replace(reversal, key=KEY))


def test_an_inquiry_is_answered_with_the_outcome_of_its_original() -> None:
    inquiry = Inquiry(key=KEY, original=a_request().original)
    outcome = OriginalOutcome(code=ResponseCode.INSUFFICIENT_FUNDS, reversed=True)
    answer = inquiry.answer(ResponseCode.APPROVED, outcome)
    assert answer.answers(inquiry)
    assert iso8583.read(encode(answer))[1][44] == "51R"
    read = decode(encode(answer))
    assert isinstance(read, InquiryResponse)
    assert read.outcome == outcome
    assert not answer.answers(replace(inquiry, original=Original("0400", KEY)))


def test_an_inquiry_that_found_nothing_has_no_outcome() -> None:
    inquiry = Inquiry(key=KEY, original=a_request().original)
    with pytest.raises(MalformedMessage):
        inquiry.answer(ResponseCode.APPROVED)
    with pytest.raises(MalformedMessage):
        inquiry.answer(ResponseCode.NOT_FOUND, OriginalOutcome(code=ResponseCode.APPROVED))


def test_times_are_sent_in_utc_and_on_the_spot() -> None:
    at = datetime(2026, 1, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=8)))
    assert MessageKey.of(1, at, "48021000").transmitted_at == "1231180304"
    assert LocalTime.of(at) == LocalTime("020304", "0101")


def test_a_card_number_shows_itself_masked_and_only_when_asked_in_full() -> None:
    pan = Pan(PAN)
    assert (str(pan), repr(pan), f"{pan}") == (
        "622202*********0123",
        "Pan(622202*********0123)",
        "622202*********0123",
    )
    assert pan.reveal() == PAN
    for message in (a_request(), a_reversal(a_request())):
        assert PAN not in f"{message}{message!r}"


@pytest.mark.parametrize(
    "digits", ["", "1" * 11, "1" * 20, "62220212345678x0", "６２２２０２１２３４５６７８９０"]
)
def test_what_is_no_card_number_is_refused_without_being_quoted(digits: str) -> None:
    with pytest.raises(MalformedMessage) as refused:
        Pan(digits)
    assert refused.value.field == "2"
    assert not digits or digits not in str(refused.value)


@pytest.mark.parametrize(
    ("number", "make"),
    [
        ("11", lambda: MessageKey("00000x", "0304050607", "48021000")),
        ("7", lambda: MessageKey("000007", "0230050607", "48021000")),
        ("7", lambda: MessageKey("000007", "0304250607", "48021000")),
        ("32", lambda: MessageKey("000007", "0304050607", "4802100")),
        ("32", lambda: MessageKey("000007", "0304050607", "480210000000")),
        ("12", lambda: LocalTime("246060", "0101")),
        ("13", lambda: LocalTime("000000", "1301")),
        ("18", lambda: Acceptor("T", "M", "L", "60")),
        ("41", lambda: Acceptor("TERMINAL1", "M", "L", "6012")),
        ("42", lambda: Acceptor("T", "M ", "L", "6012")),
        ("43", lambda: Acceptor("T", "M", "示例面馆", "6012")),
        ("90", lambda: Original("02x0", KEY)),
        ("4", lambda: a_request(amount=Money(0, CNY))),
        ("4", lambda: a_request(amount=Money(10**12, CNY))),
        ("49", lambda: a_request(amount=Money(1, PTS))),
        ("37", lambda: a_request(reference="42")),
        ("22", lambda: a_request(entry_mode="12")),
        ("25", lambda: a_request(condition="0")),
        ("14", lambda: a_request(expiry="2613x")),
        ("13", lambda: a_request(expiry="2613")),
        ("38", lambda: a_request().answer(ResponseCode.APPROVED, approval="A")),
        ("44", lambda: OriginalOutcome.read("51X")),
        ("44", lambda: OriginalOutcome.read("ZZN")),
    ],
)
def test_a_value_that_its_field_cannot_carry_is_refused(number: str, make: object) -> None:
    assert callable(make)
    with pytest.raises(MalformedMessage) as refused:
        make()
    assert refused.value.field == number


@pytest.mark.parametrize("number", [2, 3, 4, 7, 11, 12, 13, 18, 22, 25, 32, 37, 41, 42, 43, 49])
def test_a_request_without_one_of_its_fields_is_malformed(number: int) -> None:
    assert malformed(without(encode(a_request()), number)).field == str(number)


@pytest.mark.parametrize("number", [2, 3, 4, 7, 11, 12, 13, 18, 32, 37, 41, 42, 43, 49, 90])
def test_a_reversal_without_one_of_its_fields_is_malformed(number: int) -> None:
    assert malformed(without(encode(a_reversal(a_request())), number)).field == str(number)


@pytest.mark.parametrize(
    ("number", "value"),
    [(3, "310000"), (4, "0" * 12), (49, "840"), (7, "1399000000"), (2, "123"), (37, "é" * 6)],
)
def test_a_request_that_says_what_the_switch_does_not_speak_is_malformed(
    number: int, value: str
) -> None:
    if number == 37:
        raw = encode(a_request()).replace(b"000000000042", value.encode())
    else:
        raw = changed(encode(a_request()), number, value)
    assert malformed(raw).field == str(number)


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("t", b""),
        ("t", b"02x0" + encode(a_request())[4:]),
        ("t", iso8583.write("0120", TIMES)),
        # What the type and field 3 say of a refund must be the same.
        ("3", b"0220" + encode(a_request())[4:]),
        ("3", changed(encode(a_request()), 3, "200000")),
        ("p", b"0800\x00\x00"),
        ("39", iso8583.write("0810", {**TIMES, 39: "ZZ", 70: "301"})),
        ("70", iso8583.write("0800", {**TIMES, 70: "302"})),
        ("3", iso8583.write("0100", {**TIMES, **ORIGINAL, 3: "310000"})),
        ("3", iso8583.write("0110", {**TIMES, **ORIGINAL, 3: "310000", 39: "25"})),
        ("44", iso8583.write("0110", {**TIMES, **ORIGINAL, 3: "380000", 39: "00", 44: "hello"})),
        ("90", iso8583.write("0100", {**TIMES, 3: "380000", 90: "1" * 42})),
        ("90", iso8583.write("0100", {**TIMES, 3: "380000", 90: ORIGINAL[90][:31] + "1" * 11})),
        # Bit 5 is a field that we do not speak.
        ("5", b"0800\x08" + b"\x00" * 7 + b"000000000001"),
        # A length with a sign is a number to Python, and no length to us.
        ("p", encode(a_request()).replace(b"0848021000", b"+848021000")),
        # A second bitmap without a field in it.
        ("p", b"0800\x80" + b"\x00" * 15),
        ("32", encode(a_request()).replace(b"0848021000", b"xx48021000")),
        ("49", encode(a_request())[:-1]),
        ("49", encode(a_request()) + b"0"),
    ],
)
def test_octets_that_are_no_message_of_ours_are_refused_by_field(field: str, raw: bytes) -> None:
    refusal = malformed(raw)
    assert refusal.field == field
    assert refusal.code == "switch.malformed_message"
    assert PAN not in str(refusal)


def test_a_field_that_the_switch_does_not_speak_is_not_written() -> None:
    with pytest.raises(MalformedMessage) as refused:
        iso8583.write("0200", {35: "6222021234567890=2612"})
    assert refused.value.field == "35"
    with pytest.raises(MalformedMessage):
        iso8583.write("0200", {3: "00000"})


def test_only_approved_moves_money_and_doubt_is_said_to_be_doubt() -> None:
    approved = {code for code in ResponseCode if code.outcome is Outcome.APPROVED}
    uncertain = {code.value for code in ResponseCode if code.outcome is Outcome.UNCERTAIN}
    assert approved == {ResponseCode.APPROVED}
    assert uncertain == {"09", "22", "68", "94", "96", "98"}
    assert all(code.meaning.endswith(".") for code in ResponseCode)
    assert response_code("51") is ResponseCode.INSUFFICIENT_FUNDS
    assert response_code("ZZ") is None


def test_a_frame_is_its_length_and_its_octets() -> None:
    assert frame(b"0800") == b"\x00\x040800"
    for impossible in (b"", b"x" * (FRAME_MAX + 1)):
        with pytest.raises(AssertionError):
            frame(impossible)


@pytest.mark.parametrize("head", [b"\x00\x00", b"\x10\x01", b"\xff\xff"])
def test_a_stream_that_lost_its_rhythm_stays_refused(head: bytes) -> None:
    deframer = Deframer()
    assert deframer.feed(frame(b"0800") + head[:1]) == [b"0800"]
    assert deframer.waiting == 1
    with pytest.raises(MalformedMessage):
        deframer.feed(head[1:])
    with pytest.raises(MalformedMessage):
        deframer.feed(frame(b"0800"))
    assert deframer.waiting == 0


def test_a_person_sees_a_message_with_its_card_data_masked() -> None:
    described = describe(encode(a_request()))
    assert (described.mti, described.meaning) == ("0200", "financial request")
    assert (described.bitmap, described.framed) == ("binary", False)
    assert described.fields["2"] == "622202*********0123"
    assert described.names["4"] == "Amount, Transaction"
    assert describe(frame(encode(a_request()))).framed


def test_a_person_sees_no_track_and_no_number_repeated_in_a_private_field() -> None:
    pan = "6222021234567890"
    bitmap = bytes(
        sum(1 << (8 - n % 8 if n % 8 else 0) for n in (2, 35, 48) if (n - 1) // 8 == octet)
        for octet in range(8)
    )
    raw = b"0200" + bitmap + b"16" + pan.encode() + b"21" + f"{pan}=2612".encode()
    described = describe(raw + b"020PAN=" + pan.encode())
    assert described.fields["2"] == "622202******7890"
    assert described.fields["35"] == "*" * 21
    assert described.fields["48"] == "PAN=622202******7890"


def test_a_number_too_short_for_a_card_is_hidden_whole() -> None:
    raw = b"0200" + b"\x40" + b"\x00" * 7 + b"0812345678"
    assert describe(raw).fields["2"] == "*" * 8


@pytest.mark.parametrize(
    ("mti", "meaning"),
    [
        ("0200", "financial request"),
        ("0430", "reversal advice response"),
        ("0810", "network management response"),
        ("0990", "not a type of ISO 8583"),
        ("0280", "not a type of ISO 8583"),
    ],
)
def test_a_message_type_has_words(mti: str, meaning: str) -> None:
    assert meaning_of(mti) == meaning
