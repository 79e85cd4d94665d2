import json
from pathlib import Path

import pytest

from factories.codecs import PAN, a_request
from tael.cli.switch import app
from tael.codecs.framing import frame
from tael.codecs.iso8583_messages import ResponseCode, encode

REQUEST = encode(a_request())


def run(*tokens: str) -> int | str | None:
    with pytest.raises(SystemExit) as exited:
        app(list(tokens))
    return exited.value.code


def test_a_message_is_told_in_json_with_its_card_number_masked(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert run("decode", frame(REQUEST).hex(), "--json") == 0
    out = capfdbinary.readouterr().out
    answer = json.loads(out)
    assert (answer["valid"], answer["mti"], answer["framed"]) == (True, "0200", True)
    assert answer["fields"]["4"] == "000000001250"
    assert answer["fields"]["2"] == "622202*********0123"
    assert answer["response"] is None
    assert PAN.encode() not in out


def test_an_answer_is_told_with_what_it_means(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    declined = encode(a_request().answer(ResponseCode.INSUFFICIENT_FUNDS))
    assert run("decode", declined.hex(" ").upper(), "--json") == 0
    answer = json.loads(capfdbinary.readouterr().out)
    assert answer["response"]["outcome"] == "declined"
    assert answer["response"]["meaning"] == ResponseCode.INSUFFICIENT_FUNDS.meaning


@pytest.mark.parametrize(
    ("digits", "field"),
    [
        ("", "t"),
        ("zz", "frame"),
        ("020", "frame"),
        ("٠٢", "frame"),
        ("00" * 5000, "frame"),
        (REQUEST.hex()[:-2], "49"),
        (REQUEST.hex() + "00", "49"),
    ],
)
def test_a_malformed_message_is_told_with_its_field_and_exit_1(
    digits: str, field: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("decode", digits, "--json") == 1
    answer = json.loads(capfdbinary.readouterr().out)
    assert answer["valid"] is False
    assert answer["code"] == "switch.malformed_message"
    assert answer["field"] == field
    assert answer["rule"]


def test_messages_come_a_line_each_where_no_shell_keeps_them(
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
) -> None:
    given = tmp_path / "given"
    given.write_bytes(REQUEST.hex().encode() + b"\n\n\xff\xff\n" + REQUEST.hex().encode())
    with given.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert run("decode", "-", "--json") == 1
    lines = capfdbinary.readouterr().out.splitlines()
    assert [json.loads(line)["valid"] for line in lines] == [True, False, False, True]


def test_a_person_reads_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("decode", encode(a_request().answer(ResponseCode.APPROVED)).hex()) == 0
    shown = capsys.readouterr().out
    assert "0210 financial response" in shown
    assert "approved: Approved." in shown
    assert run("decode", REQUEST.hex()) == 0
    assert PAN not in capsys.readouterr().out
    assert run("decode", "00") == 1
    assert "switch.malformed_message" in capsys.readouterr().out
