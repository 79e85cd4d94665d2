"""Other people's ISO 8583 messages, read by their own specs and by the command's guess."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tael.codecs.iso8583 import MalformedMessage, Spec, decode_with
from tael.codecs.iso8583_anyone import describe

CARD_DATA = {"2", "35"}


def folder() -> Path:
    named = os.environ.get("TAEL_OUTSIDE_DATA")
    if not named:
        pytest.skip("TAEL_OUTSIDE_DATA names no folder with other people's cases")
    return Path(named) / "iso8583_messages"


def cases(*, sound: bool) -> list[dict[str, Any]]:
    lines = (folder() / "messages.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [case for case in found if (case["verdict"] == "ok") is sound]


def spec_of(case: dict[str, Any]) -> Spec:
    spec: Spec = json.loads((folder() / f"spec_{case['spec']}.json").read_text("utf-8"))
    return spec


def test_every_sound_message_reads_to_the_given_fields() -> None:
    sound = cases(sound=True)
    assert sound
    for case in sound:
        assert decode_with(spec_of(case), bytes.fromhex(case["hex"])) == case["fields"]


def test_every_broken_message_is_refused_with_the_field_that_breaks_it() -> None:
    broken = cases(sound=False)
    assert broken
    for case in broken:
        with pytest.raises(MalformedMessage) as refused:
            decode_with(spec_of(case), bytes.fromhex(case["hex"]))
        assert f"field={refused.value.field} " in f"{case['reference_result']} "


def test_a_person_sees_every_sound_message_without_naming_its_spec() -> None:
    for case in cases(sound=True):
        described = describe(bytes.fromhex(case["hex"]))
        assert described.bitmap == ("hex" if case["spec"] == "ascii" else "binary")
        shown = {key: value for key, value in described.fields.items() if key not in CARD_DATA}
        given = {key: value for key, value in case["fields"].items() if key not in CARD_DATA}
        assert shown == given
        pan = case["fields"].get("2")
        if pan is not None:
            assert pan not in json.dumps(dict(described.fields))
            assert described.fields["2"][:6] == pan[:6]
            assert described.fields["2"][-4:] == pan[-4:]


def test_no_guess_makes_a_broken_message_sound() -> None:
    for case in cases(sound=False):
        with pytest.raises(MalformedMessage):
            describe(bytes.fromhex(case["hex"]))
