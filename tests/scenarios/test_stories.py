"""Money stories end the same whether each event stands alone or a set shares a transaction."""

from pathlib import Path

import pytest

from factories import ledger as f
from factories.stories import Story, Teller, read
from tael.kernel.database import Database

STORIES = [read(path) for path in sorted((Path(__file__).parent / "stories").glob("*.txt"))]


@pytest.mark.parametrize("batch", [False, True], ids=["alone", "batched"])
@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
async def test_a_story_comes_out_as_told(database: Database, story: Story, *, batch: bool) -> None:
    await Teller(database, batch=batch).tell(story)
    assert await f.audit(database) == ()


def test_a_line_that_is_not_understood_is_an_error_in_the_story(tmp_path: Path) -> None:
    told = tmp_path / "odd.txt"
    told.write_text("post alice -> bob lots ok\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"odd\.txt:1"):
        read(told)


async def test_a_story_that_comes_out_otherwise_fails(database: Database, tmp_path: Path) -> None:
    told = tmp_path / "wrong.txt"
    told.write_text(
        "account alice CNY floor 0\naccount bob CNY floor 0\npost alice -> bob 0.01 ok\n",
        encoding="utf-8",
    )
    with pytest.raises(AssertionError, match=r"line 3: ledger\.insufficient_funds, not ok"):
        await Teller(database, batch=False).tell(read(told))
