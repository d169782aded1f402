"""What is told from labels, captions and teasers by little: marks behind the last sentence, photographers, quotations."""

from __future__ import annotations

import datetime as dt

import pytest

from ingest.extract import extract
from ingest.extract.body.sentences import ends_sentence
from ingest.model import Article, Candidate, DropReason, MediaType, Page

STORY = [
    f"The harbour council of Northmere met for the {word} time on Tuesday, and the talks went on until the morning."
    for word in ("first", "second", "third", "fourth")
]


def blocks(body: str) -> dict[str, DropReason | None]:
    html = f"<html><head><title>Old basin opens</title></head><body><h1>Old basin opens</h1><div>{body}</div></body></html>"
    found = extract(Page(Candidate("file:///a", "a"), html.encode(), MediaType.HTML, dt.datetime(2024, 5, 4, tzinfo=dt.UTC)))
    assert isinstance(found, Article)
    return {block.text: block.reason for block in found.blocks}


@pytest.mark.parametrize(
    "text", ["議論は朝まで続いた。（完）", "The talks went on. (ANSA)", "“We will call it that,” she said. ♦", "完成了。【完】"]
)
def test_a_mark_behind_the_last_full_stop_ends_the_sentence(text: str) -> None:
    assert ends_sentence(text)


@pytest.mark.parametrize("text", ["Foto (ANSA)", "The talks (in short)", "更新（完）"])
def test_the_same_behind_a_label_does_not(text: str) -> None:
    assert not ends_sentence(text)


@pytest.mark.parametrize("last", ["居民希望码头春天开放。（完）", "“Nobody asked us,” she said. ♦"])
def test_a_short_last_sentence_with_such_a_mark_stays(last: str) -> None:
    assert blocks("".join(f"<p>{text}</p>" for text in (*STORY, last)))[last] is None


@pytest.mark.parametrize("caption", ["11月11日，农民在田里检修管道。新港社记者 张强 摄", "老戲院修復完成。（記者陳秋雲攝）"])
def test_a_paragraph_that_ends_in_who_took_the_picture_is_its_caption(caption: str) -> None:
    assert blocks("".join(f"<p>{text}</p>" for text in (STORY[0], caption, *STORY[1:])))[caption] is DropReason.CAPTION


def test_a_quotation_between_the_pieces_of_a_story_belongs_to_it() -> None:
    quote = "When the boat stops, these children will go back to work."
    pieces = [f'<div class="piece-text"><div><p>{text}</p></div></div>' for text in STORY]
    pieces.insert(2, f'<div class="piece-blockquote"><blockquote>{quote}</blockquote></div>')
    assert blocks("".join(pieces))[quote] is None
