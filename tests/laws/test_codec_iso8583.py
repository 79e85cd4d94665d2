"""Laws of the card switch's codec: every message survives, and no octets break it."""

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from factories.codecs import a_request, messages, requests
from tael.codecs.framing import Deframer, frame
from tael.codecs.iso8583 import MalformedMessage
from tael.codecs.iso8583_anyone import describe
from tael.codecs.iso8583_messages import FinancialRequest, Message, decode, encode


def refusal_of(act: Callable[..., object], *given: bytes) -> MalformedMessage | None:
    try:
        act(*given)
    except MalformedMessage as malformed:
        return malformed
    return None


@given(messages())
def test_every_message_reads_back_as_it_was(message: Message) -> None:
    assert decode(encode(message)) == message


@given(st.binary(max_size=120))
@example(b"")
@example(b"0800")
@example(b"0800" + b"\xff" * 24)
@example(b"0800" + b"\x80" + b"\x00" * 7 + b"\x80" + b"\x00" * 15)
def test_no_octets_bring_anything_but_a_message_or_a_refusal(raw: bytes) -> None:
    for read in (decode, describe):
        refusal = refusal_of(read, raw)
        if refusal is not None:
            assert refusal.code == "switch.malformed_message"
            assert refusal.field
            # The library's own exception holds the octets, and so perhaps a card number.
            assert refusal.__context__ is None


@given(messages(), st.data())
def test_a_changed_octet_is_refused_or_reads_as_exactly_what_it_says(
    message: Message, data: st.DataObject
) -> None:
    raw = bytearray(encode(message))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = decode(bytes(raw))
    except MalformedMessage:
        return
    assert encode(read) == bytes(raw)


@given(messages(), st.integers(0, 300))
def test_a_cut_message_is_refused(message: Message, keep: int) -> None:
    raw = encode(message)
    cut = raw[: min(keep, len(raw) - 1)]
    assert refusal_of(decode, cut) is not None


@given(requests)
def test_no_message_shows_its_card_number(request: FinancialRequest) -> None:
    digits = request.pan.reveal()
    for shown in (repr(request), str(request), f"{request.pan}", repr(request.pan)):
        assert digits not in shown.replace(request.reference, "")


@given(requests)
def test_a_described_message_shows_no_card_number(request: FinancialRequest) -> None:
    fields = describe(encode(request)).fields
    assert request.pan.reveal() not in fields.values()
    assert fields["2"] == str(request.pan)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.data())
def test_a_stream_gives_the_same_messages_however_it_is_cut(
    sent: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(frame(message) for message in sent)
    deframer, received = Deframer(), list[bytes]()
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        received += deframer.feed(stream[:size])
        stream = stream[size:]
    assert received == sent
    assert deframer.waiting == 0


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_no_stream_brings_anything_but_messages_or_a_refusal(chunks: list[bytes]) -> None:
    deframer, received = Deframer(maximum=16), list[bytes]()
    for chunk in chunks:
        refusal = refusal_of(lambda octets: received.extend(deframer.feed(octets)), chunk)
        assert refusal is None or (refusal.field, deframer.waiting) == ("frame", 0)
        assert all(0 < len(message) <= 16 for message in received)
        assert deframer.waiting <= 17


def test_a_request_has_the_octets_that_the_standard_gives_it() -> None:
    raw = encode(a_request())
    assert raw[:4] == b"0200"
    # Fields 2, 3, 4, 7 | 11, 12, 13 | 18, 22 | 25, 32 | 37 | 41, 42, 43 and 49.
    assert raw[4:12].hex().upper() == "7238448108E08000"
    assert raw[12:] == (
        b"196222021234567890123000000000000001250030405060700004205060703046012012000848021000"
        b"000000000042TAEL0001TAELWALLET     TAEL TOP-UP  SHANGHAI CN                156"
    )
