"""Every message exists in every language, says who writes, and carries no link."""

import re

import pytest

from tael.notifications.templates import LANGUAGES, Template, text_of

PARAMS = {"code": "271906", "minutes": "5", "phone": "139****5678"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", Template)
def test_a_message_names_us_and_holds_no_link(template: Template, language: str) -> None:
    text = text_of(template, language, PARAMS)
    assert text.startswith("【Tael 钱包】" if language == "zh-CN" else "[Tael Wallet]")
    assert "{" not in text
    assert not re.search(r"https?:|www\.|://|\.(com|cn)\b", text)


@pytest.mark.parametrize("template", [Template.CODE_SIGN_IN, Template.CODE_CHANGE_PHONE])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_stands_first_among_the_digits(template: Template, language: str) -> None:
    assert re.findall(r"\d{6}", text_of(template, language, PARAMS)) == ["271906"]
