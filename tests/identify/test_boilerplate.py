from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.boilerplate import measure
from ingest.identify.boilerplate import Learned, Seen, Window, block_key, block_keys, without_learned
from ingest.model import Article, Block, BlockKind, DropReason
from tests.identify.made_sources import MadeSource

DAY = dt.date(2026, 5, 1)
LINE = "Get the morning letter from our newsroom every working day."


def article(*texts: str | Block, author: str | None = None) -> Article:
    blocks = tuple(t if isinstance(t, Block) else Block(BlockKind.PARAGRAPH, t) for t in texts)
    body = "\n\n".join(b.text for b in blocks if b.kept)
    return Article(None, None, "Title", body, authors=(author,) if author else (), blocks=blocks)


def story(number: int, *more: str | Block, author: str | None = None) -> Article:
    return article(
        *[f"Sentence {'abcdefghijklmnopqrstuvwxyz'[i]} of a story named {chr(97 + number % 26) * (3 + number)}." for i in range(8)],
        *more,
        author=author,
    )


def window_of(articles: Sequence[Article], *, clusters: Sequence[int] | None = None, days: int = 1000) -> Window:
    window = Window()
    for n, one in enumerate(articles):
        author = one.authors[0] if one.authors else None
        window.add(Seen(clusters[n] if clusters else n, DAY + dt.timedelta(days=n % days), author, block_keys(one.blocks)))
    return window


def learned(one: Article, window: Window) -> list[Learned]:
    return window.learn(one, block_keys(one.blocks))


def test_what_stands_under_every_article_is_learned() -> None:
    window = window_of([story(n, LINE) for n in range(10)])
    [found] = learned(story(11, LINE), window)
    assert found.sample == LINE
    assert found.evidence == "in 10 of 10 articles since it first appeared"


def test_ten_articles_are_enough_and_five_are_not() -> None:
    assert learned(story(30, LINE), window_of([story(n, LINE) for n in range(5)])) == []


def test_a_line_that_begins_late_counts_from_its_first_article() -> None:
    window = window_of([*[story(n) for n in range(40)], *[story(n, LINE) for n in range(40, 51)]])
    assert learned(story(60, LINE), window)[0].evidence == "in 11 of 11 articles since it first appeared"


def test_other_figures_are_the_same_line() -> None:
    window = window_of([story(n, f"{n * 7} readers have written to us this week.") for n in range(10)])
    assert len(learned(story(11, "912 readers have written to us this week."), window)) == 1


def test_a_line_of_one_section_needs_days() -> None:
    some = [story(n, LINE) if n % 3 == 0 else story(n) for n in range(30)]
    assert learned(story(40, LINE), window_of(some, days=2)) == []
    assert "on 10 days, at the same place" in learned(story(40, LINE), window_of(some))[0].evidence


def test_the_background_of_a_running_story_is_text() -> None:
    background = "The two countries signed the first treaty a generation ago and have argued about it since."
    running = [story(n, background) if n in {2, 3, 5, 7, 8, 10} else story(n) for n in range(12)]
    for end in range(4, 12):
        assert learned(story(20, background), window_of(running[:end])) == []


def test_a_refrain_amid_the_text_is_text() -> None:
    refrain = "And the sea went on as if nothing had been said."

    def told(number: int) -> Article:
        texts = [b.text for b in story(number).blocks] * 2
        texts.insert(3 + number * 5 % 9, refrain)
        return article(*texts)

    articles = [told(n) if n % 2 else story(n) for n in range(40)]
    assert refrain not in [found.sample for found in learned(told(41), window_of(articles))]


@pytest.mark.parametrize(
    "block",
    [
        Block(BlockKind.HEADING, "Letter from the coast"),
        Block(BlockKind.QUOTE, "We shall see what the morning brings us all."),
        Block(BlockKind.PARAGRAPH, "“We shall see what the morning brings,” the crowd sang."),
        Block(BlockKind.TABLE_ROW, "Rovers 3 2 1"),
        Block(BlockKind.PARAGRAPH, "* * *"),
        Block(BlockKind.PARAGRAPH, "1 – 2 – 3"),
    ],
)
def test_some_blocks_are_never_learned(block: Block) -> None:
    assert block_key(block) is None
    assert learned(story(20, block), window_of([story(n, block) for n in range(20)])) == []


def test_copies_of_one_story_count_once() -> None:
    window = window_of([story(3, LINE) for _ in range(20)], clusters=[7] * 20)
    assert learned(story(21, LINE), window) == []


def test_an_authors_life_is_learned_from_two_articles() -> None:
    life = "Ada Example writes about harbours from the northern desk."
    articles = [story(n, life, author="Ada Example") if n in {1, 4} else story(n, author="Bo Other") for n in range(6)]
    [found] = learned(story(9, life, author="Ada Example"), window_of(articles))
    assert found.evidence == "at the end of 2 of 2 articles by Ada Example, whom it names"
    assert learned(story(9, life, author="Bo Other"), window_of(articles)) == []


@pytest.mark.parametrize("reports", range(2, 7))
def test_the_background_that_ends_one_reporters_running_story_is_text(reports: int) -> None:
    background = "The Italian ministry has refused since the spring to say what the harbours cost, Hart Island's owners among others."
    before = [story(n, background, author="Ian Hart") if n % 2 else story(n, author="Bo Other") for n in range(2 * reports - 2)]
    assert learned(story(20, background, author="Ian Hart"), window_of(before)) == []


def test_a_life_without_the_name_takes_more_articles() -> None:
    life = "He writes about harbours from the northern desk."
    articles = [story(n, life, author="Ada Example") if n % 2 else story(n, author="Bo Other") for n in range(12)]
    [found] = learned(story(20, life, author="Ada Example"), window_of(articles))
    assert found.evidence == "at the end of all 6 articles by Ada Example, and of no others"


@pytest.mark.parametrize(
    ("author", "life"),
    [
        ("Li Na", "Li Na's column appears on Mondays."),
        ("Example, Ada", "Ada Example writes about harbours."),
        ("山田太郎", "山田太郎は港について書いている。"),
        ("Reuters", "More reports by Reuters every morning."),
        ("Ада Пример", "Ада Пример пишет о портах."),
    ],
)
def test_names_are_known_in_any_script(author: str, life: str) -> None:
    articles = [story(n, life, author=author) if n in {1, 4} else story(n, author="Bo Other") for n in range(6)]
    assert [found.sample for found in learned(story(9, life, author=author), window_of(articles))] == [life]


def test_a_daily_reports_sentence_is_text_though_only_its_figures_change() -> None:
    def report(number: int) -> Article:
        return story(number, f"The harbour moved {number * 13} boxes yesterday.") if number % 3 == 0 else story(number)

    assert learned(report(42), window_of([report(n) for n in range(40)])) == []


@pytest.mark.parametrize(
    "line",
    [
        "Updated on {0} May 2026",
        "Updated on {0} June, {0} comments",
        "Обновлено: пятница, {0} мая",
        "Обновлено: среда, {0} июля",
        "अपडेट {0} जनवरी",
    ],
)
def test_other_dates_are_the_same_line(line: str) -> None:
    others = ["Updated on 1 August 2025", "Updated on 7 March, 4 comments", "Обновлено: вторник, 2 марта", "अपडेट 9 मार्च"]
    keys = [block_key(Block(BlockKind.PARAGRAPH, other)) for other in others]
    assert block_key(Block(BlockKind.PARAGRAPH, line.format(17))) in keys


def test_words_that_are_months_too_differ_where_there_is_no_figure() -> None:
    assert block_key(Block(BlockKind.PARAGRAPH, "Readers may write to us")) != block_key(
        Block(BlockKind.PARAGRAPH, "Readers march write to us")
    )


TITLE = "“The Quiet Harbour” by our correspondent is out now."


@pytest.mark.parametrize(
    "line", [TITLE, "„Der stille Hafen“ ist jetzt im Handel", "«Тихая гавань» уже в продаже", "『静かな港』好評発売中"]
)
def test_a_book_whose_title_is_quoted_is_learned_from_nearly_every_page(line: str) -> None:
    assert len(learned(story(20, line), window_of([story(n, line) for n in range(10)]))) == 1
    assert learned(story(40, line), window_of([story(n, line) if n % 2 else story(n) for n in range(40)])) == []


@pytest.mark.parametrize(
    "line",
    [
        "“Never again,” she said.",
        "“Never again.” She left.",
        "„Nie wieder“, sagte sie.",
        "“Never again”",
        "「もう二度と」と言った。",
        "“Never again!” they sang",
    ],
)
def test_speech_is_never_learned(line: str) -> None:
    assert block_key(Block(BlockKind.PARAGRAPH, line)) is None


def test_what_is_learned_is_dropped_with_its_reason_and_the_heading_over_it() -> None:
    heading = Block(BlockKind.HEADING, "Stay informed")
    one = story(1, heading, LINE)
    key = block_key(Block(BlockKind.PARAGRAPH, LINE))
    assert key is not None
    cleaned = without_learned(one, block_keys(one.blocks), {key})
    assert [b.reason for b in cleaned.blocks[-2:]] == [DropReason.LEARNED, DropReason.LEARNED]
    assert LINE not in cleaned.body
    assert cleaned.body == "\n\n".join(b.text for b in story(1).blocks)


def test_a_heading_over_text_stays() -> None:
    one = story(1, Block(BlockKind.HEADING, "Stay informed"), LINE, "More of the story.")
    key = block_key(Block(BlockKind.PARAGRAPH, LINE))
    assert key is not None
    assert "Stay informed" in without_learned(one, block_keys(one.blocks), {key}).body


def test_an_article_is_never_left_without_its_text() -> None:
    one = article(LINE, "A short note.")
    key = block_key(one.blocks[0])
    assert key is not None
    assert without_learned(one, block_keys(one.blocks), {key}) is one


@given(st.lists(st.lists(st.sampled_from(["a b", "c d", "e f", "g h", "12", ""]), max_size=6), max_size=20))
def test_learning_never_raises_and_forgets_nothing_twice(texts: list[list[str]]) -> None:
    window = Window()
    for n, some in enumerate(texts * 5):
        one = article(*some, author="A b")
        for found in learned(one, window):
            assert found.key in block_keys(one.blocks)
        window.add(Seen(n, DAY, "A b", block_keys(one.blocks)))
    assert len(window.seen) <= 60


@pytest.mark.parametrize("number", [0, 7, 8, 9])
def test_made_sources_lose_their_lines_and_no_text(number: int) -> None:
    planted, left, true, lost = measure(MadeSource(number, is_text=number == 7), 26)
    assert planted > 60
    assert left <= planted * 0.08
    assert lost == 0
    assert true > 10_000
