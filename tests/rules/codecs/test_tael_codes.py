import pytest

from factories.codecs import a_draft
from tael.codecs.emvco import Account, make, parse
from tael.codecs.qr_errors import BadField
from tael.codecs.qr_schemes import OUR_GUID
from tael.codecs.tael_codes import TOKEN_LENGTH_MAX, Means, OurToken, our_account, read_ours


@pytest.mark.parametrize("means", Means)
def test_our_token_reads_back_from_a_code_of_ours(means: Means) -> None:
    ours = OurToken(means, "M0123456789abcdef")
    assert read_ours(parse(make(a_draft(accounts=(our_account(ours),))))) == ours


def test_a_code_of_another_scheme_holds_no_token_of_ours() -> None:
    assert read_ours(parse(make(a_draft()))) is None


@pytest.mark.parametrize(
    ("sub", "where"),
    [
        ({}, "26"),
        ({"01": "M1", "02": "O1"}, "26"),
        ({"04": "X1"}, "26"),
        ({"01": ""}, "26.01"),
        ({"01": "M 1"}, "26.01"),
        ({"01": "店铺"}, "26.01"),
        ({"01": "M" * (TOKEN_LENGTH_MAX + 1)}, "26.01"),
    ],
)
def test_a_template_that_is_ours_by_name_only_is_refused(sub: dict[str, str], where: str) -> None:
    code = parse(make(a_draft(accounts=(Account.template("26", OUR_GUID, sub),))))
    with pytest.raises(BadField) as refused:
        read_ours(code)
    assert refused.value.where == where
