import pytest

from factories.codecs import a_draft
from tael.codecs.crc import crc16_ccitt_false
from tael.codecs.emvco import (
    READ_MAX,
    Account,
    Initiation,
    Language,
    amount_text,
    make,
    minor_units,
    parse,
)
from tael.codecs.qr_errors import (
    BadAmount,
    BadCategory,
    BadCharacter,
    BadCountry,
    BadCurrency,
    BadField,
    BadFormatIndicator,
    BadLength,
    BadTag,
    CrcMismatch,
    CrcMissing,
    DuplicateTag,
    MissingField,
    NotEmvco,
    QrRefusal,
    TooLong,
)

KHQR = (
    "00020101021252044131153137210116372101160123456789ABCDE6010Phnom Penh5913Merchant Shop"
    "5802KH540510.005303840622501081234567802090124444446304A0BA"
)
CHINESE = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN"
    "5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412"
    "340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A"
)


def summed(head: str) -> str:
    """This text with its check sum at the end."""
    head = f"{head}6304"
    return head + f"{crc16_ccitt_false(head.encode()):04X}"


def refused(payload: str) -> QrRefusal:
    with pytest.raises(QrRefusal) as refusal:
        parse(payload)
    return refusal.value


def test_the_check_sum_has_its_published_check_value() -> None:
    assert crc16_ccitt_false(b"123456789") == 0x29B1
    assert crc16_ccitt_false(b"") == 0xFFFF


def test_a_published_code_says_who_is_paid_and_how_much() -> None:
    code = parse(KHQR)
    assert code.initiation is Initiation.DYNAMIC
    assert (code.amount, code.currency, code.country) == ("10.00", "840", "KH")
    assert (code.merchant_name, code.merchant_city) == ("Merchant Shop", "Phnom Penh")
    assert code.accounts == (Account("15", "37210116372101160123456789ABCDE"),)
    assert code.additional == {"01": "12345678", "02": "012444444"}
    assert (code.language, code.unreserved, code.warnings) == (None, (), ())


def test_lengths_count_characters_while_the_check_sum_runs_over_octets() -> None:
    code = parse(CHINESE)
    assert code.language == Language("ZH", "最佳运输", "北京")
    assert [account.guid for account in code.accounts] == ["D15600000000", "D15600000001"]
    assert [account.tag for account in code.unreserved] == ["91"]
    assert code.tip == "01"
    assert (code.fixed_fee, code.percentage_fee, code.postal_code) == (None, None, None)


def test_an_account_is_found_by_its_identifier_whatever_its_case() -> None:
    code = parse(make(a_draft()))
    account = code.account_with("COM.Example.WALLET")
    assert account is not None
    assert account.sub["01"] == "M000000000001"
    assert code.account_with("cn.tael.wallet") is None
    assert parse(KHQR).account_with("cn.tael.wallet") is None


@pytest.mark.parametrize(
    ("payload", "refusal", "where"),
    [
        ("", NotEmvco, ""),
        ("hello", NotEmvco, ""),
        ("134567890123456789", NotEmvco, ""),
        ("1" * (READ_MAX + 1), TooLong, ""),
        (f"{KHQR}\n", BadCharacter, ""),
        (KHQR.replace("Shop", "Sh\x00p"), BadCharacter, ""),
        (KHQR.replace("Shop", "Sh\ud800p"), BadCharacter, ""),
        (summed("000202520458125303156"), BadFormatIndicator, "00"),
        (summed("5204581200020153031565802CN"), BadFormatIndicator, "00"),
        (f"{KHQR}x", BadTag, ""),
        (f"{KHQR}58", BadLength, "58"),
        (f"{KHQR}58x1", BadLength, "58"),
        (f"{KHQR}5802C", BadLength, "58"),
        ("00０２01", BadLength, "00"),
        ("000201", CrcMissing, "63"),
        ("0002016303ABC", CrcMissing, "63"),
        (f"{KHQR}5802KH", CrcMissing, "63"),
        (KHQR.replace("A0BA", "A0BB"), CrcMismatch, "63"),
        (KHQR.replace("10.00", "90.00"), CrcMismatch, "63"),
        (summed("0002015802CN5802CN"), DuplicateTag, "58"),
        (summed("00020126110003a.b0000"), DuplicateTag, "26.00"),
        (summed("0002012603AB0"), BadTag, "26"),
        (summed("00020126040005"), BadLength, "26.00"),
        (summed("0002016205010x1"), BadLength, "62.01"),
        (summed("000201010201") + "x", BadTag, ""),
        (summed("0002010102xx"), BadField, "01"),
        (summed("0002015203581"), BadCategory, "52"),
        (summed("0002015204五八一二"), BadCategory, "52"),
        (summed("0002015303CNY"), BadCurrency, "53"),
        (summed("00020153021５"), BadCurrency, "53"),
        (summed("0002015400"), BadAmount, "54"),
        (summed("0002015401."), BadAmount, "54"),
        (summed("0002015402.5"), BadAmount, "54"),
        (summed("0002015603-10"), BadAmount, "56"),
        (summed("0002015803CHN"), BadCountry, "58"),
        (summed("0002015926" + "x" * 26), BadField, "59"),
        (summed("0002016016" + "x" * 16), BadField, "60"),
        (summed("0002016111" + "x" * 11), BadField, "61"),
        (summed("00020162300126" + "x" * 26), BadField, "62.01"),
        (summed("00020164070003ZHO"), BadField, "64.00"),
    ],
)
def test_a_broken_code_is_refused_for_the_rule_that_it_breaks(
    payload: str, refusal: type[QrRefusal], where: str
) -> None:
    given = refused(payload)
    assert type(given) is refusal
    assert given.where == where
    assert given.details == {"rule": given.rule, "where": where}
    assert str(given) == (f"{where}: {given.rule}" if where else given.rule)


def test_what_codes_in_use_do_otherwise_is_a_warning() -> None:
    code = parse(summed("00020101021352041A2B59005303840"))
    assert [(warning.where, warning.rule) for warning in code.warnings] == [
        ("58", "country is mandatory and missing"),
        ("60", "merchant city is mandatory and missing"),
        ("02-51", "a merchant account is mandatory and missing"),
        ("01", "neither static (11) nor dynamic (12)"),
        ("52", "a merchant category is four digits"),
    ]
    assert code.missing == ("58", "60")
    assert code.initiation is None
    assert code.merchant_name == ""


def test_a_check_sum_in_small_letters_is_read_with_a_warning() -> None:
    code = parse(f"{KHQR[:-4]}a0ba")
    assert [warning.where for warning in code.warnings] == ["63"]
    assert code.fields["63"] == "a0ba"


def test_a_code_a_little_longer_than_the_standard_is_read_with_a_warning() -> None:
    filler = "".join(f"{tag}99{'0004abcd9987' + 'x' * 87}" for tag in range(80, 85))
    code = parse(summed(f"{KHQR[:-8]}{filler}"))
    assert [warning.rule for warning in code.warnings] == ["longer than 512 characters"]


def test_an_incomplete_local_name_is_none() -> None:
    assert parse(summed("00020164060002ZH")).language is None


@pytest.mark.parametrize(
    ("minor", "exponent", "text"),
    [(1250, 2, "12.50"), (5, 2, "0.05"), (0, 2, "0.00"), (700, 0, "700"), (1, 3, "0.001")],
)
def test_minor_units_are_written_with_the_decimals_of_the_currency(
    minor: int, exponent: int, text: str
) -> None:
    assert amount_text(minor, exponent=exponent) == text
    assert minor_units(text, exponent=exponent) == minor


@pytest.mark.parametrize(
    ("text", "minor"), [("10", 1000), ("10.", 1000), ("10.5", 1050), ("007.500", 750)]
)
def test_an_amount_is_read_exactly(text: str, minor: int) -> None:
    assert minor_units(text) == minor


@pytest.mark.parametrize(
    "text", ["0.001", "999.123", "", "-1", "1,50", "1e3", "１２", "12345678901.23"]
)
def test_an_amount_that_is_none_or_would_be_rounded_is_refused(text: str) -> None:
    with pytest.raises(BadAmount):
        minor_units(text)


def test_a_code_cannot_ask_for_less_than_nothing() -> None:
    with pytest.raises(AssertionError):
        amount_text(-1)


def account(tag: str, **sub: str) -> Account:
    return Account(tag, sub={key.removeprefix("t"): value for key, value in sub.items()})


@pytest.mark.parametrize(
    ("changes", "refusal", "where"),
    [
        ({"merchant_name": "x" * 26}, BadField, "59"),
        ({"merchant_name": ""}, BadField, "59"),
        ({"merchant_name": "示例面馆"}, BadField, "59"),
        ({"merchant_city": "x" * 16}, BadField, "60"),
        ({"postal_code": "x" * 11}, BadField, "61"),
        ({"mcc": "1A2B"}, BadCategory, "52"),
        ({"currency": "CNY"}, BadCurrency, "53"),
        ({"country": "cn"}, BadCountry, "58"),
        ({"amount": "0.00"}, BadAmount, "54"),
        ({"amount": "10."}, BadAmount, "54"),
        ({"amount": "12345678901.23"}, BadAmount, "54"),
        ({"additional": {"01": "x" * 26}}, BadField, "62.01"),
        ({"additional": {"1": "x"}}, BadTag, "62"),
        ({"additional": {"50": "x" * 100}}, BadLength, "62.50"),
        ({"additional": {"50": "x" * 96}}, BadLength, "62"),
        ({"language": Language("ZHO", "好")}, BadField, "64.00"),
        ({"language": Language("ZH", "")}, BadField, "64.01"),
        ({"accounts": ()}, MissingField, "02-51"),
        ({"accounts": (account("26", t01="x"),)}, MissingField, "26.00"),
        ({"accounts": (account("26", t00=""),)}, BadField, "26.00"),
        ({"accounts": (Account("26", "x"),)}, BadField, "26"),
        ({"accounts": (Account("15"),)}, BadField, "15"),
        ({"accounts": (Account("15", ""),)}, BadField, "15"),
        ({"accounts": (Account("15", "x" * 100),)}, BadField, "15"),
        ({"accounts": (Account("15", "x"), Account("15", "y"))}, DuplicateTag, "15"),
        ({"accounts": (Account("52", "5812"),)}, DuplicateTag, "52"),
        ({"accounts": (Account("80", sub={"00": "a"}),)}, BadField, "80"),
        ({"accounts": (Account("x", "a"),)}, BadField, "x"),
        ({"unreserved": (Account("27", sub={"00": "a"}),)}, BadField, "27"),
        ({"unreserved": (Account("99x", "a"),)}, BadField, "99x"),
        ({"tip": "04"}, BadField, "55"),
        ({"tip": "02"}, MissingField, "56"),
        ({"fixed_fee": "1.00"}, MissingField, "56"),
        ({"tip": "03"}, MissingField, "57"),
        ({"tip": "03", "percentage_fee": "0"}, BadField, "57"),
        ({"tip": "02", "fixed_fee": "1."}, BadAmount, "56"),
        ({"merchant_city": "x\ny"}, BadField, "60"),
        ({"language": Language("ZH", "好\x00")}, BadCharacter, ""),
    ],
)
def test_what_does_not_fit_the_standard_is_not_made(
    changes: dict[str, object], refusal: type[QrRefusal], where: str
) -> None:
    with pytest.raises(QrRefusal) as given:
        make(a_draft(**changes))
    assert type(given.value) is refusal
    assert given.value.where == where


def test_a_code_that_passes_512_characters_is_not_made() -> None:
    unreserved = tuple(Account.template(str(tag), "a.b", {"01": "x" * 80}) for tag in range(80, 85))
    with pytest.raises(TooLong):
        make(a_draft(unreserved=unreserved))
