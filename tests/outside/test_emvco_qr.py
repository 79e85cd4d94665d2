"""Other people's codes: what they call valid we read as they do, what is broken we refuse."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tael.cli.qr import app
from tael.codecs.emvco import parse
from tael.codecs.qr_errors import QrRefusal
from tael.codecs.qr_schemes import schemes_of

POLICY = {"format_indicator_02", "initiation_method_99", "merchant_name_missing"}
"""Kinds that the folder's README leaves to each reader. Ours: docs of `tael.codecs.emvco`."""
RULES = {
    "amount_14_chars": {"qr.bad_amount"},
    "amount_comma": {"qr.bad_amount"},
    "amount_empty": {"qr.bad_amount"},
    "amount_exponent": {"qr.bad_amount"},
    "amount_fullwidth": {"qr.bad_amount"},
    "amount_negative": {"qr.bad_amount"},
    "amount_two_points": {"qr.bad_amount"},
    "country_3_letters": {"qr.bad_country"},
    "crc_computed_without_6304": {"qr.crc_mismatch"},
    "crc_missing": {"qr.crc_missing"},
    "crc_not_hex": {"qr.crc_mismatch"},
    "crc_not_last": {"qr.crc_missing", "qr.duplicate_tag"},
    "crc_wrong": {"qr.crc_mismatch"},
    "crc_xmodem_init_0000": {"qr.crc_mismatch"},
    "currency_alpha": {"qr.bad_currency"},
    "duplicate_amount": {"qr.duplicate_tag"},
    "format_indicator_not_first": {"qr.bad_format_indicator"},
    "fullwidth_digits_in_length": {"qr.bad_length"},
    "length_not_numeric": {"qr.bad_length"},
    "length_overrun": {"qr.bad_length"},
    "mcc_3_digits": {"qr.bad_category"},
    "merchant_name_over_25": {"qr.bad_field"},
    "published": {"qr.bad_tag", "qr.bad_length", "qr.crc_mismatch"},
    "subtemplate_length_overrun": {"qr.bad_length"},
    "truncated_last_char": {"qr.bad_length", "qr.crc_missing"},
}


def cases(name: str) -> list[dict[str, Any]]:
    folder = os.environ.get("TAEL_OUTSIDE_DATA")
    if not folder:
        pytest.skip("TAEL_OUTSIDE_DATA names no folder with other people's cases")
    text = (Path(folder) / "emvco_qr" / name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_every_valid_code_reads_to_the_given_fields() -> None:
    valid = cases("valid.jsonl")
    assert valid
    for case in valid:
        code = parse(case["payload"])
        assert code.fields == case["fields"], case["id"]
        for part in ("amount", "currency", "country", "merchant_name", "merchant_city", "mcc"):
            assert getattr(code, part) == case[part], (case["id"], part)
        initiation = code.initiation.name.lower() if code.initiation else None
        assert initiation == case["initiation"], case["id"]


def test_what_a_valid_code_leaves_out_is_a_warning() -> None:
    for case in cases("valid.jsonl"):
        code = parse(case["payload"])
        assert list(code.missing) == case["missing_emvco_mandatory"], case["id"]
        assert {warning.where for warning in code.warnings} >= set(code.missing), case["id"]


def test_every_broken_code_is_refused_for_the_rule_that_it_breaks() -> None:
    broken = [case for case in cases("invalid.jsonl") if case["kind"] not in POLICY]
    assert broken
    for case in broken:
        with pytest.raises(QrRefusal) as refused:
            parse(case["payload"])
        assert refused.value.code in RULES[case["kind"]], (case["id"], refused.value)
        assert refused.value.rule


def test_the_schemes_that_people_meet_have_a_name() -> None:
    known = {
        "AR-MercadoLibre": "Mercado Pago",
        "FPS-HK": "FPS",
        "PIX": "Pix",
        "PayNow/SGQR": "PayNow",
        "PromptPay/ThaiQR": "PromptPay",
        "QRPh": "QR Ph",
        "VNPAY-QR": "VNPAY",
        "VietQR": "VietQR",
    }
    for case in cases("valid.jsonl"):
        names = {scheme.name for scheme in schemes_of(parse(case["payload"]))}
        if case["scheme"] in known:
            assert known[case["scheme"]] in names, case["id"]


def test_the_command_answers_every_case_a_line_in_the_given_shape(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    valid, broken = cases("valid.jsonl"), cases("invalid.jsonl")
    given = tmp_path / "payloads"
    given.write_text("".join(f"{case['payload']}\n" for case in valid + broken), "utf-8")
    with given.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(SystemExit) as exited:
            app(["decode", "-", "--json"])
    assert exited.value.code == 1
    answers = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert len(answers) == len(valid) + len(broken)
    for case, answer in zip(valid + broken, answers, strict=True):
        if "fields" in case:
            assert answer["valid"] is True
            for key in case.keys() & answer.keys():
                assert answer[key] == case[key], (case["id"], key)
            assert answer["fields"] == case["fields"]
        elif case["kind"] not in POLICY:
            assert answer["valid"] is False
            assert answer["code"] in RULES[case["kind"]]
            assert answer["rule"]
