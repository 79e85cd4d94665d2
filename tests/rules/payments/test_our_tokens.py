"""Our own template: what we write we read, and what is not of our form is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories.codecs import a_draft
from tael.codecs.emvco import Account, make, parse
from tael.codecs.qr_errors import BadField
from tael.codecs.tael_codes import Means, OurToken, our_account, read_ours

tokens = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=1, max_size=60)


@given(st.sampled_from(Means), tokens)
def test_a_token_comes_back_from_its_code(means: Means, token: str) -> None:
    ours = OurToken(means, token)
    assert read_ours(parse(make(a_draft(accounts=(our_account(ours),))))) == ours


def test_a_code_of_another_scheme_is_not_ours() -> None:
    assert read_ours(parse(make(a_draft()))) is None


@pytest.mark.parametrize(
    "sub",
    [{}, {"04": "A"}, {"01": "A", "02": "B"}, {"01": "A B"}, {"01": "../x"}, {"03": "x" * 65}],
)
def test_a_template_by_our_name_and_not_of_our_form_is_refused(sub: dict[str, str]) -> None:
    account = Account.template("26", "cn.tael.wallet", sub)
    with pytest.raises(BadField):
        read_ours(parse(make(a_draft(accounts=(account,)))))
