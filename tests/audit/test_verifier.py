"""The stand-alone verifier as people run it: its words, its exit status, and what it needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from factories import log
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael_verify.__main__ import FALSE, INCOMPARABLE, TRUE, UNREADABLE, main

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
async def files(database: Database, settings: Settings, tmp_path: Path) -> Path:
    """A receipt, the key, an old checkpoint and a new one with the proof between them."""
    sealer = settings.sealer()
    story = await log.a_story(database, 20)
    kept = await log.publish(database, sealer)
    await log.a_story(database, 20)
    later = await log.publish(database, sealer)
    written = {
        "receipt.json": await log.receipt(database, story.movements[3], story.alice),
        "kept.txt": kept,
        "later.txt": later,
        "proof.txt": await log.growth_since(database, 22),
        "forged.txt": kept.replace("\n22\n", "\n21\n"),
        "key": f"{(await log.vkeys(database))[0]}\n",
    }
    for name, text in written.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    altered = written["receipt.json"].replace('\\"amount\\":1', '\\"amount\\":2')
    assert altered != written["receipt.json"]
    (tmp_path / "altered.json").write_text(altered, encoding="utf-8")
    return tmp_path


def run(files: Path, *words: str) -> int:
    """The command, with names of files in the folder put in place."""
    paths = [str(files / word) if (files / word).exists() else word for word in words]
    return main([*paths, "--key", str(files / "key")])


def test_a_receipt_is_told_in_words(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("receipt.json", "--older", "kept.txt", "--checkpoint", "proof.txt")
    assert run(files, *words) == TRUE
    told = capsys.readouterr().out
    for part in (
        f"TRUE: this is what stands in the log of {log.ORIGIN}",
        "from       *小明",
        "memo       3",
        "-1.03 CNY   balance after ",
        "its content: 2 parts opened, 1 stay closed",
        "its place: 5 of 44 entries",
        f"signed by {log.ORIGIN}",
        "the 22 entries of a kept checkpoint are its beginning, unchanged",
        "What this proves",
    ):
        assert part in told


def test_two_checkpoints_are_compared_without_a_receipt(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, "--older", "kept.txt", "--checkpoint", "proof.txt") == TRUE
    assert "only grew: 22 → 44 entries" in capsys.readouterr().out


def test_what_is_not_true_is_told_with_its_status(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = [
        (["altered.json"], FALSE, "FALSE: what this receipt says is not what stands at place 5"),
        (["receipt.json", "--older", "kept.txt"], INCOMPARABLE, "add the proof between them"),
        (["receipt.json", "--older", "forged.txt"], UNREADABLE, "does not belong"),
        (["key"], UNREADABLE, "no JSON document"),
        (["nothing.json"], UNREADABLE, "No such file"),
        (["receipt.json", "--older", "receipt.json"], UNREADABLE, "no signed checkpoint"),
    ]
    for words, status, told in cases:
        assert run(files, *words) == status, words
        output = capsys.readouterr()
        assert told in output.err
        assert output.out == ""


def test_it_needs_nothing_but_python(files: Path) -> None:
    # -I and -S: no environment, no installed packages; only the verifier's own folder.
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); from tael_verify.__main__ import main;"
        " status = main(sys.argv[1:]);"
        " foreign = {m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names);"
        " print(sorted(foreign - {'tael_verify', '__main__'})); sys.exit(status)"
    )
    ran = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-X", "utf8", "-c", program),
            *(str(files / "receipt.json"), "--key", str(files / "key")),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (TRUE, "")
    assert ran.stdout.endswith("[]\n")
