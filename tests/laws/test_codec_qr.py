"""Laws of the QR codec: whatever we make can be read, and nothing that is read breaks it."""

from dataclasses import fields

from hypothesis import assume, example, given
from hypothesis import strategies as st

from factories.codecs import a_draft, drafts
from tael.codecs.crc import crc16_ccitt_false
from tael.codecs.emvco import (
    WRITE_MAX,
    Draft,
    MerchantCode,
    amount_text,
    make,
    minor_units,
    parse,
)
from tael.codecs.qr_errors import BadAmount, CrcMismatch, QrRefusal, TooLong
from tael.codecs.qr_schemes import foreign_scheme, schemes_of

anything = st.text(st.characters(), max_size=80)
like_a_code = st.text(st.sampled_from("0123456789 AZaz.-:好\x00\ud800"), max_size=120)


def made(draft: Draft) -> str:
    """The payload of a draft; drafts beyond 512 characters are not looked at."""
    try:
        return make(draft)
    except TooLong:
        assume(False)
        raise


def read(text: str) -> MerchantCode | QrRefusal:
    """What parsing comes to; any other exception is a bug."""
    try:
        return parse(text)
    except QrRefusal as refusal:
        return refusal


@given(drafts)
def test_what_we_make_reads_back_as_what_was_said(draft: Draft) -> None:
    code = parse(made(draft))
    for part in fields(Draft):
        assert getattr(code, part.name) == getattr(draft, part.name), part.name


@given(drafts)
def test_what_we_make_breaks_no_rule_and_leaves_nothing_out(draft: Draft) -> None:
    payload = made(draft)
    assert parse(payload).warnings == ()
    assert len(payload) <= WRITE_MAX
    assert payload.startswith("000201")
    assert payload[-8:-4] == "6304"


@given(drafts, st.data())
def test_one_changed_character_never_reads_as_another_code(
    draft: Draft, data: st.DataObject
) -> None:
    payload = made(draft)
    at = data.draw(st.integers(0, len(payload) - 1))
    changed = (
        payload[:at]
        + data.draw(st.characters(min_codepoint=32, max_codepoint=126))
        + payload[at + 1 :]
    )
    if changed.upper() == payload.upper():
        return
    try:
        code = parse(changed)
    except QrRefusal:
        return
    # Only letters of the check sum itself may differ, and by case only.
    assert code.fields == parse(payload).fields


@given(st.one_of(anything, like_a_code, like_a_code.map("000201".__add__)))
@example("")
@example("0002016304")
@example("00020163049E6F")
def test_no_text_brings_anything_but_a_code_or_a_refusal(text: str) -> None:
    foreign_scheme(text)
    code = read(text)
    if isinstance(code, QrRefusal):
        assert code.code.startswith("qr.")
        assert code.rule
    else:
        assert code.payload == text
        schemes_of(code)


@given(like_a_code)
def test_no_rightly_summed_text_brings_anything_but_a_code_or_a_refusal(middle: str) -> None:
    head = f"000201{middle}6304"
    summed = head + f"{crc16_ccitt_false(head.encode(errors='replace')):04X}"
    code = read(summed)
    if isinstance(code, QrRefusal):
        assert not isinstance(code, CrcMismatch)
        assert code.rule
    else:
        assert code.payload == summed


@given(drafts, st.sampled_from([part.name for part in fields(Draft)]), anything)
def test_no_draft_brings_anything_but_a_payload_or_a_refusal(
    draft: Draft, name: str, text: str
) -> None:
    if name in {"accounts", "unreserved", "additional", "language", "initiation"}:
        return
    said = {part.name: getattr(draft, part.name) for part in fields(Draft)}
    try:
        payload = make(Draft(**{**said, name: text}))
    except QrRefusal:
        return
    assert getattr(parse(payload), name) == text


@given(st.integers(0, 10**10), st.integers(0, 3))
def test_an_amount_survives_the_way_through_a_code(minor: int, exponent: int) -> None:
    assert minor_units(amount_text(minor, exponent=exponent), exponent=exponent) == minor


@given(st.text(st.sampled_from("0123456789.,-e１"), max_size=15))
def test_an_amount_is_exact_or_refused(text: str) -> None:
    try:
        minor = minor_units(text)
    except BadAmount:
        return
    whole, _, fraction = amount_text(minor).partition(".")
    said, _, decimals = text.partition(".")
    assert int(whole) == int(said)
    assert fraction.rstrip("0") == decimals.rstrip("0")


def test_the_sample_of_the_domain_notes_is_made_to_the_letter() -> None:
    assert make(a_draft()) == (
        "00020101021226390018com.example.wallet0113M000000000001520458125303156540523.505802CN"
        "5912DEMO NOODLES6007BEIJING62300114ORD202601010010708T000000164200002ZH0104示例面馆"
        "0202北京63045044"
    )
