import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from factories.codecs import a_draft
from tael.cli.lines import LINE_MAX
from tael.cli.qr import app
from tael.codecs.emvco import make, parse

PAYLOAD = make(a_draft())
PROGRAM = "from tael.cli.qr import app; app()"
SAMPLE = ["--name", "DEMO NOODLES", "--city", "BEIJING", "--mcc", "5812"]


def run(*tokens: str) -> int | str | None:
    """The exit code, or the message that is printed with exit code 1."""
    with pytest.raises(SystemExit) as exited:
        app(list(tokens))
    return exited.value.code


def answers(capture: pytest.CaptureFixture[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capture.readouterr().out.splitlines()]


def feed(monkeypatch: pytest.MonkeyPatch, folder: Path, octets: bytes) -> int | str | None:
    """Run `decode - --json` with this on standard input."""
    given = folder / "given"
    given.write_bytes(octets)
    with given.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        return run("decode", "-", "--json")


def test_a_valid_code_is_told_in_json(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("decode", PAYLOAD, "--json") == 0
    [answer] = answers(capfdbinary)
    assert answer["valid"] is True
    assert answer["fields"] == json.loads(json.dumps(dict(parse(PAYLOAD).fields)))
    assert answer["initiation"] == "dynamic"
    assert answer["merchant_name"] == "DEMO NOODLES"
    assert answer["schemes"] == [
        {"name": "com.example.wallet", "tag": "26", "guid": "com.example.wallet"}
    ]


def test_a_broken_code_is_told_with_its_rule_and_exit_1(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert run("decode", f"{PAYLOAD[:-4]}0000", "--json") == 1
    [answer] = answers(capfdbinary)
    assert answer["valid"] is False
    assert answer["code"] == "qr.crc_mismatch"
    assert answer["where"] == "63"
    assert "5044" in str(answer["rule"])


def test_a_foreign_payment_link_is_named(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("decode", "wxp://f2f0abc", "--json") == 1
    [answer] = answers(capfdbinary)
    assert (answer["code"], answer["scheme"]) == ("qr.not_emvco", "WeChat Pay")


def test_every_line_of_input_has_its_answer_whatever_it_holds(
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
) -> None:
    lines = [
        PAYLOAD.encode(),
        PAYLOAD.encode() + b"\r",
        b"",
        b"\xff\xfe",
        b"0" * (3 * LINE_MAX),
        b"0" * (LINE_MAX + 2),
        b"-",
        b"\x00",
        "最佳运输".encode(),
        PAYLOAD.encode(),
    ]
    assert feed(monkeypatch, tmp_path, b"\n".join(lines)) == 1
    codes = [answer.get("code") for answer in answers(capfdbinary)]
    assert codes == [
        None,
        None,
        "qr.not_emvco",
        "qr.bad_character",
        "qr.too_long",
        "qr.too_long",
        "qr.not_emvco",
        "qr.bad_character",
        "qr.not_emvco",
        None,
    ]


def test_no_input_has_no_answer(
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
) -> None:
    assert feed(monkeypatch, tmp_path, b"") == 0
    assert answers(capfdbinary) == []


def test_no_standard_input_at_all_is_no_input(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert run("decode", "-", "--json") == 0
    assert answers(capfdbinary) == []


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_terminal_without_chinese_is_no_reason_to_fail(more: list[str]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", PROGRAM, "decode", PAYLOAD, *more]
    ran = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"DEMO NOODLES" in ran.stdout


def test_a_reader_who_has_seen_enough_ends_the_program_quietly(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text(f"{PAYLOAD}\n" * 2_000, "utf-8")
    command = [sys.executable, "-c", PROGRAM, "decode", "-", "--json"]
    with (
        given.open() as stream,
        subprocess.Popen(
            command, stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as running,
    ):
        assert running.stdout is not None
        assert running.stderr is not None
        assert json.loads(running.stdout.readline())["valid"] is True
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(timeout=60) == 1


def test_a_person_reads_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("decode", PAYLOAD) == 0
    shown = capsys.readouterr().out
    for part in ("DEMO NOODLES", "示例面馆", "23.50", "26.01", "M000000000001"):
        assert part in shown


def test_a_person_reads_what_is_wrong_and_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("decode", "hello") == 1
    assert "qr.not_emvco" in capsys.readouterr().out
    assert run("decode", "0002015907[b]x[/b63044C8A") == 0
    shown = capsys.readouterr().out
    assert "[b]x[/b" in shown
    assert "warning 58" in shown


def test_a_code_is_made_from_its_parts(capsys: pytest.CaptureFixture[str]) -> None:
    fields = [
        "26.00=com.example.wallet",
        "26.01=M000000000001",
        "62.01=ORD20260101001",
        "62.07=T0000001",
    ]
    said = [token for field in fields for token in ("--field", field)]
    local = ["--local-name", "示例面馆", "--local-city", "北京"]
    terms = ["--amount", "23.50", "--initiation", "dynamic"]
    assert run("encode", *SAMPLE, *terms, *said, *local) in {None, 0}
    assert capsys.readouterr().out == f"{PAYLOAD}\n"


def test_a_code_is_drawn_where_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    png, svg = tmp_path / "code.png", tmp_path / "code.svg"
    pictures = ["--png", str(png), "--svg", str(svg), "--terminal"]
    tip = ["--tip", "02", "--fixed-fee", "1.50", "--postal-code", "100000"]
    fields = ["--field", "15=3119", "--field", "99.00=org.example"]
    assert run("encode", *SAMPLE, *tip, *fields, *pictures) in {None, 0}
    payload, *drawn = capsys.readouterr().out.splitlines()
    assert parse(payload).fixed_fee == "1.50"
    assert parse(payload).unreserved[0].guid == "org.example"
    assert len(drawn) > 10
    assert png.read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in svg.read_bytes()


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        ([], "qr.missing_field"),
        (["--field", "26"], "qr.bad_tag"),
        (["--field", "26.00=a", "--field", "26.00=b"], "qr.duplicate_tag"),
        (["--field", "26.00=a", "--amount", "1,50"], "qr.bad_amount"),
        (["--field", "26.00=a", "--local-name", "好" * 26], "qr.bad_field"),
        (["--field", "26.00=\udcff"], "qr.bad_field"),
        (["--field", "26.00=a", "--field", "26.01=\udcff"], "qr.bad_character"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(tokens: list[str], code: str) -> None:
    assert str(run("encode", *SAMPLE, *tokens)).startswith(f"{code}: ")


def test_a_picture_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "missing" / "code.png")
    said = run("encode", *SAMPLE, "--field", "26.00=a", "--png", nowhere)
    assert str(said).startswith("cannot write the picture")
