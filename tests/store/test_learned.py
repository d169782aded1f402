from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ingest.errors import UsageError
from ingest.model import Article, Block, BlockKind, Candidate, MediaType, Page, PageResult
from ingest.settings import Settings
from ingest.store.load import load_batch
from ingest.store.maintenance import maintain
from ingest.store.runs import running
from ingest.store.verdicts import learned_of, pin_verdict
from tests.identify.made_copies import Writer, body
from tests.identify.made_sources import MadeSource
from tests.store.test_search import MAY

INGEST = Path(sys.executable).with_name("ingest")
LINE = "Get the morning letter from our newsroom every working day."


def an_article(
    number: int, texts: list[str], *, host: str = "post.example", raw: str = "", day: int = 0, place: str | None = None
) -> PageResult:
    """At a place it is a file, without a URL."""
    url = None if place else f"https://{host}/{number}"
    candidate = Candidate(place or f"https://{host}/{number}", url or str(number), url)
    article = Article(
        url, url, f"Title {number}", "\n\n".join(texts), blocks=tuple(Block(BlockKind.PARAGRAPH, t) for t in texts), extractor_version="1"
    )
    page = Page(candidate, (raw or f"{number} {host}").encode(), MediaType.HTML, MAY + dt.timedelta(days=day))
    return PageResult(candidate, article, page)


def story(number: int, *more: str, **options: Any) -> PageResult:
    writer = Writer("latin", seed=number)
    return an_article(number, [*(writer.sentence() for _ in range(6)), *more], **options)


def load(engine: Engine, *results: PageResult, kind: str = "adhoc") -> dict[str, int]:
    with running(engine, kind=kind, flow_name="test") as run_id:
        tallies = load_batch(engine, run_id, results)
    return {k: n for k in ("new", "updated", "unchanged", "duplicates") if (n := sum(getattr(t, k) for t in tallies))}


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


WITH_LINE = "SELECT count(*) FROM news.article WHERE body LIKE '%morning letter%'"


@pytest.mark.parametrize("batch", [1, 7, 40])
def test_what_recurs_is_gone_from_the_articles_that_follow(engine: Engine, batch: int) -> None:
    results = [story(n, LINE) for n in range(40)]
    for i in range(0, 40, batch):
        load(engine, *results[i : i + batch])
    assert rows(engine, WITH_LINE) == [(9,)]  # those that it was learned from
    [learned] = learned_of(engine, "post.example")
    assert (learned.sample, learned.verdict, learned.removed_from) == (LINE, "boilerplate", 31)
    kept = "SELECT count(*) FROM news.article_block WHERE reason = 'learned' AND NOT kept"
    assert rows(engine, kept) == [(31,)]


def test_maintenance_counts_the_articles_that_what_is_learned_overtook(engine: Engine) -> None:
    first = story(0, LINE)
    load(engine, first, *[story(n, LINE) for n in range(1, 40)])
    settings, now = Settings(home=Path("unused")), dt.datetime.now(dt.UTC)
    done = maintain(engine, settings, now)
    assert done.articles_overtaken == 9
    assert any("learned after them: 9 (ingest reprocess --outdated" in line for line in done.lines())
    load(engine, first, kind="reextract")
    assert maintain(engine, settings, now).articles_overtaken == 8


def test_another_source_is_another_matter(engine: Engine) -> None:
    load(engine, *[story(n, LINE) for n in range(12)])
    load(engine, story(50, LINE, host="other.example"))
    assert rows(engine, "SELECT body LIKE '%letter%' FROM news.article WHERE url = 'https://other.example/50'") == [(True,)]


def test_learning_is_no_edit(engine: Engine) -> None:
    first = story(0, LINE)
    load(engine, first)
    load(engine, *[story(n, LINE) for n in range(1, 15)])
    other_bytes = story(0, LINE, raw="the same article with another advertisement around it")
    assert load(engine, other_bytes) == {"unchanged": 1}
    assert rows(engine, "SELECT count(*) FROM news.article_version WHERE version_no > 1") == [(0,)]


def test_its_own_page_read_again_is_a_reextraction(engine: Engine) -> None:
    first = story(0, LINE)
    load(engine, first)
    load(engine, *[story(n, LINE) for n in range(1, 15)])
    assert load(engine, first) == {"unchanged": 1}  # another loader was first
    assert load(engine, first, kind="reextract") == {"updated": 1}
    versions = "SELECT version_no, reason, changed, body LIKE '%letter%' FROM news.article_version WHERE article_id = 1 ORDER BY 1"
    assert rows(engine, versions) == [(1, "new", [], True), (2, "reextract", ["body"], False)]
    assert rows(engine, "SELECT count(*) FROM news.headline_change") == [(0,)]
    assert load(engine, first, kind="reextract") == {"unchanged": 1}


def test_an_article_that_is_mostly_boilerplate_is_made_again_once(engine: Engine) -> None:
    short = an_article(0, ["A ferry is late.", LINE])
    load(engine, short, *[story(n, LINE) for n in range(1, 15)])
    rest = [story(n, LINE) for n in range(1, 9)]
    settings, now = Settings(home=Path("unused")), dt.datetime.now(dt.UTC)
    assert maintain(engine, settings, now).articles_overtaken == 9
    assert load(engine, short, *rest, kind="reextract") == {"updated": 8, "unchanged": 1}
    assert rows(engine, WITH_LINE) == [(1,)]
    assert maintain(engine, settings, now).articles_overtaken == 0
    load(engine, an_article(20, ["A bus is late.", LINE]))
    assert maintain(engine, settings, now).articles_overtaken == 0
    [learned] = learned_of(engine, "post.example")
    assert learned.removed_from == 14  # what was left is no removal
    pin_verdict(engine, "post.example", str(learned.block_key), "text")
    assert maintain(engine, settings, now).articles_overtaken == 16
    assert load(engine, short, kind="reextract") == {"unchanged": 1}
    assert maintain(engine, settings, now).articles_overtaken == 15


def test_maintenance_counts_no_article_that_nobody_can_make_again(engine: Engine) -> None:
    load(engine, *[story(n, LINE) for n in range(15)])
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.raw_page SET body_zstd = NULL, store = 'none'"))
    assert maintain(engine, Settings(home=Path("unused")), dt.datetime.now(dt.UTC)).articles_overtaken == 0


def test_a_persons_verdict_holds(engine: Engine) -> None:
    load(engine, *[story(n, LINE) for n in range(12)])
    [learned] = learned_of(engine, "post.example")
    assert pin_verdict(engine, "post.example", str(learned.block_key), "text") == LINE
    load(engine, *[story(n, LINE) for n in range(12, 40)])
    assert rows(engine, WITH_LINE) == [(37,)]
    pin_verdict(engine, "post.example", "Never seen before 7.", "boilerplate")
    load(engine, story(60, "Never seen before 8."))
    assert rows(engine, "SELECT count(*) FROM news.article WHERE body LIKE '%Never seen%'") == [(0,)]
    for block in ("4711", "“Quoted,” she said."):
        with pytest.raises(UsageError):
            pin_verdict(engine, "post.example", block, "text")
    with pytest.raises(UsageError, match="No source"):
        learned_of(engine, "nowhere.example")


def test_the_same_article_again_teaches_nothing(engine: Engine) -> None:
    for n in range(30):
        load(engine, story(0, LINE, raw=f"page {n}"), story(1, LINE, raw=f"other page {n}"))
    assert learned_of(engine, "post.example") == []


@pytest.mark.parametrize("batch", [1, 5, 12])
def test_what_copies_of_one_story_share_is_text(engine: Engine, batch: int) -> None:
    """However many of them come in one batch, beside a line that is none of it."""
    writer = Writer("latin", seed=13)
    background = [writer.sentence(20, 26) for _ in range(6)]
    updates = [
        an_article(n, [writer.sentence(), *background, *(writer.sentence() for _ in range(3)), LINE], day=n, host="post.example")
        for n in range(12)
    ]
    others = [story(n, LINE, day=n) for n in range(20, 40)]
    for i in range(0, 12, batch):
        load(engine, *updates[i : i + batch])
    load(engine, *others)
    assert [learned.sample for learned in learned_of(engine, "post.example")] == [LINE]
    assert rows(engine, "SELECT count(dup_of), count(DISTINCT dup_of) FROM news.article") == [(11, 1)]


def test_a_folder_that_is_moved_teaches_nothing(engine: Engine) -> None:
    writer = Writer("latin", seed=14)
    texts = [[writer.sentence(8, 9), *([] if n % 4 else [LINE])] for n in range(20)]  # too short to be compared
    for folder in ("first", "second", "third"):
        load(engine, *[an_article(n, text, day=n, place=f"file:///{folder}/{n}") for n, text in enumerate(texts)])
    assert rows(engine, "SELECT count(*) FROM news.article") == [(20,)]
    assert rows(engine, "SELECT sample, evidence FROM ops.boilerplate") == []


def test_an_edit_of_an_old_article_teaches_nothing(engine: Engine) -> None:
    """Each new article is compared with the last ones; an old one that comes again is none."""
    load(engine, *[story(n, day=n) for n in range(12)])
    load(engine, *[story(n, day=n) for n in range(100, 170)])
    load(engine, *[story(n, LINE, day=n + 200, raw=f"edited {n}") for n in range(12)])
    assert learned_of(engine, "post.example") == []


def copy_of(writer: Writer, article: list[list[str]], number: int, host: str) -> PageResult:
    return an_article(number, body(writer.copy(article)).split("\n\n"), host=host)


def test_copies_are_linked_to_the_first(engine: Engine) -> None:
    writer = Writer("latin", seed=3)
    article = writer.article(paragraphs=16)
    load(engine, an_article(1, body(article).split("\n\n"), host="wire.example"), *[story(n) for n in range(2, 6)])
    load(engine, copy_of(writer, article, 1, "post.example"), copy_of(writer, article, 1, "courier.example"))
    cluster = rows(engine, "SELECT slug, original_id, similarity > 0.4 FROM news.article_copy ORDER BY article_id")
    [(first,)] = rows(engine, "SELECT article_id FROM news.article WHERE url = 'https://wire.example/1'")
    assert sorted(cluster) == [("courier.example", first, True), ("post.example", first, True), ("wire.example", first, True)]
    assert rows(engine, "SELECT count(*) FROM ops.article_sketch") == rows(engine, "SELECT count(*) FROM news.article")


def test_copies_in_one_batch_find_each_other(engine: Engine) -> None:
    writer = Writer("chinese", seed=4)
    article = writer.article(paragraphs=16)
    load_all = [an_article(n, body(article).split("\n\n"), host=f"host{n}.example") for n in range(5)]
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, load_all)
    assert rows(engine, "SELECT count(*), count(DISTINCT dup_of) FROM news.article WHERE dup_of IS NOT NULL") == [(4, 1)]


def test_an_article_that_is_rewritten_is_no_copy_any_more(engine: Engine) -> None:
    text_of_wire = body(Writer("latin", seed=5).article(paragraphs=12)).split("\n\n")
    load(engine, an_article(1, text_of_wire, host="wire.example"))
    load(engine, an_article(1, text_of_wire, host="post.example"))
    assert rows(engine, "SELECT count(dup_of) FROM news.article") == [(1,)]
    rewritten = body(Writer("latin", seed=6).article(paragraphs=12)).split("\n\n")
    load(engine, an_article(1, rewritten, host="post.example", raw="later"))
    assert rows(engine, "SELECT count(dup_of) FROM news.article") == [(0,)]
    assert rows(engine, "SELECT count(*) FROM ops.article_sketch") == [(2,)]
    assert rows(engine, "SELECT count(*) FROM ops.sketch_band") == [(64,)]


def test_earlier_articles_lose_it_when_they_are_made_again(cli_env: dict[str, str], tmp_path: Path) -> None:
    def ingest(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([INGEST, *arguments], capture_output=True, text=True, check=True, env=cli_env)

    def with_line() -> str:
        query = f"SELECT count(*) FROM news.article WHERE body LIKE '%{source.book[:30]}%'"  # noqa: S608
        return ingest("db", "psql", "-tAc", query).stdout.strip()

    source = MadeSource(0)
    for number, made in enumerate(source.pages(20)):
        url = f"<link rel=canonical href=https://{source.host}/{number}>".encode()
        (tmp_path / f"{number:02}.html").write_bytes(made.page.replace(b"<article>", url + b"<article>"))
    assert "20 new" in ingest("run", str(tmp_path)).stdout
    before = int(with_line())
    assert 8 <= before <= 12
    done = json.loads(ingest("reprocess", "--source", source.host, "--json").stdout)
    assert done["total"]["updated"] >= before
    assert with_line() == "0"
    versions = ingest("db", "psql", "-tAc", "SELECT DISTINCT reason FROM news.article_version WHERE version_no > 1").stdout
    assert versions.split() == ["reextract"]
    assert ingest("reprocess", "--source", source.host).stdout.startswith("No article to make again")
    learned = [json.loads(line) for line in ingest("boilerplate", source.host, "--json").stdout.splitlines()]
    [key] = [block["block_key"] for block in learned if block["sample"] == source.book]
    ingest("boilerplate", source.host, "--pin", str(key), "--as", "text")
    ingest("reprocess", "--source", source.host)
    assert with_line() == "20"


def test_the_command(engine: Engine, database_url: str, cli_env: dict[str, str]) -> None:
    load(engine, *[story(n, LINE) for n in range(20)])

    def boilerplate(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = cli_env | {"INGEST_DATABASE_URL": database_url}
        return subprocess.run([INGEST, "boilerplate", *arguments], capture_output=True, text=True, check=False, env=env)

    shown = boilerplate("post.example")
    assert LINE in shown.stdout
    assert "removed 11 times: in 9 of 9 articles since it first appeared" in shown.stdout
    [block] = [json.loads(line) for line in boilerplate("post.example", "--json").stdout.splitlines()]
    done = boilerplate("post.example", "--pin", str(block["block_key"]), "--as", "text")
    assert (done.returncode, done.stderr) == (0, f"Pinned as text: {LINE}\n")
    assert "text, pinned" in boilerplate("post.example").stdout
    for wrong in (["nowhere"], ["post.example", "--pin", "1"], ["post.example", "--pin", "1", "--as", "text"]):
        mistaken = boilerplate(*wrong)
        assert (mistaken.returncode, mistaken.stderr.count("\n")) == (2, 1)
