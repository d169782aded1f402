from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ingest.errors import UsageError
from ingest.model import Article, Candidate, Instant, MediaType, Page, PageResult, Precision, ZoneFrom
from ingest.store.load import load_batch
from ingest.store.runs import running
from ingest.store.search import search

INGEST = Path(sys.executable).with_name("ingest")
MAY = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def an_article(number: int, language: str | None, title: str, body: str, *, host: str = "post.example", day: int = 0) -> PageResult:
    url = f"https://{host}/{number}"
    candidate = Candidate(url, url, url)
    published = Instant(MAY + dt.timedelta(days=day), Precision.DAY, ZoneFrom.EXPLICIT, "")
    article = Article(url, url, title, body, language=language, published=published, extractor_version="1")
    return PageResult(candidate, article, Page(candidate, f"{number}".encode(), MediaType.HTML, MAY))


@pytest.fixture
def loaded(engine: Engine) -> Engine:
    articles = [
        an_article(1, "en", "Ministers meet", "The ministers talked about sanctions and about oil."),
        an_article(2, "en", "Sanctions stay", "Nobody wants to lift them. A treaty is far away.", host="other.example", day=3),
        an_article(3, "de", "Die Minister", "Über Sanktionen sprachen die Ministerinnen in der Hauptstadt."),
        an_article(4, "ja", "外相会談を開催", "日本の外相は、東京で会談した。感染者は5人だった。"),
        an_article(5, "zh", "總理訪問", "他們討論了貿易協定和石油價格。"),
        an_article(6, "pl", "Rządowe plany", "Premier mówił o planach rządu wobec Kowalskiego."),
        an_article(7, "ko", "정상회담", "대통령은 서울에서 회담했다."),
        an_article(9, "uk", "Нафта дорожчає", "Ціни на нафту зросли, сказали в уряді."),
        an_article(
            10, "ja", "ＮＨＫ予算案を国会に提出", "ＮＨＫは２０２４年度の予算案を出した。“ＷＨＯ”の佐々木氏は、ＢＢＣ／ＣＮＮに述べた。"
        ),
        an_article(11, "ja", "Kindle for PC", "Kindle for PCで､ｶﾞｽ会社の記事を読む。"),
        an_article(8, None, "Untold", "Words in no known language, sanctions among them."),
    ]
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, articles)
    return engine


def found(engine: Engine, query: str, **options: object) -> list[int]:
    return sorted(int(h.url.rsplit("/", 1)[1]) for h in search(engine, query, limit=20, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("minister", [1, 3]),  # each language by its own rules
        ("sanctions", [1, 2, 8]),
        ("sanctions -oil", [2, 8]),
        ('"far away"', [2]),
        ("treaty or oil", [1, 2]),
        ("外相", [4]),
        ("会談", [4]),  # inside of 外相会談
        ("感染", [4]),
        ("貿易協定", [5]),
        ("貿易協定 -石油", []),
        ("ＮＨＫ", [10]),  # full width, as the text
        ("nhk", [10]),
        ("２０２４年度", [10]),
        ("２０２３年度", []),
        ("who", [10]),  # in quotation marks
        ("cnn", [10]),
        ("佐々木", [10]),
        ("ガス会社", [11]),
        ('"外相会談"', [4]),
        ('"会談 外相"', []),
        ('"ＮＨＫ予算"', [10]),
        ('"NHK 国会"', []),
        ('"for pc"', [11]),
        ('"pc for"', []),
        ('kindle -"foo bar"', [11]),
        ('kindle -"for pc"', []),
        ("会談 -外相東京", [4]),  # not that word, though its pairs
        ("東京　－会談", []),  # typed in full width
        ("外相東京 or 石油價格", [5]),
        ("rządowy", [6]),  # no dictionary: the word's beginning
        ("서울에서", [7]),
        ("대통령", [7]),  # with a particle behind it in the text
        ("회담", [7]),
        ("уряд", [9]),
        ("the", []),
        ("", []),
        ("'; DROP TABLE news.article; --", []),
    ],
)
def test_words_are_found_in_each_language(loaded: Engine, query: str, numbers: list[int]) -> None:
    assert found(loaded, query) == numbers


def test_a_title_weighs_more_than_a_body(loaded: Engine) -> None:
    assert search(loaded, "sanctions", limit=1)[0].url == "https://other.example/2"


def test_source_language_and_date_narrow_it(loaded: Engine) -> None:
    assert found(loaded, "sanctions", source="other.example") == [2]
    assert found(loaded, "minister", language="de") == [3]
    assert found(loaded, "sanctions", since=MAY + dt.timedelta(days=1)) == [2]
    with pytest.raises(UsageError, match="nowhere"):
        search(loaded, "sanctions", limit=1, source="nowhere")


def test_without_a_date_it_counts_when_an_article_was_first_seen(loaded: Engine) -> None:
    undated = an_article(10, "en", "Undated", "A word about zeppelins.")
    assert isinstance(undated.result, Article)
    with running(loaded, kind="adhoc", flow_name="test") as run_id:
        load_batch(loaded, run_id, [replace(undated, result=replace(undated.result, published=None))])
    assert found(loaded, "zeppelins", since=MAY) == [10]
    assert found(loaded, "zeppelins", since=MAY + dt.timedelta(seconds=1)) == []


def test_what_is_no_text_finds_nothing(loaded: Engine) -> None:
    """As the shell hands over a byte that is no UTF-8."""
    assert found(loaded, "\udcff") == []
    assert found(loaded, "sanctions \udcff") == [1, 2, 8]
    assert found(loaded, "sanctions", language="\udcff") == []


def test_what_was_found_is_marked(loaded: Engine) -> None:
    [german] = search(loaded, "Sanktionen", limit=5)
    assert "*Sanktionen*" in german.excerpt
    [japanese] = search(loaded, "東京", limit=5)
    assert japanese.excerpt == "日本の外相は、*東京*で会談した。感染者は5人だった。"
    [wide] = search(loaded, "NHK ２０２４", limit=5)
    assert wide.excerpt.startswith("*ＮＨＫ*は*２０２４*年度の予算案を")  # as it is written
    [narrow] = search(loaded, 'ガス -"kindle 記事"', limit=5)
    assert narrow.excerpt == "Kindle for PCで､*ｶﾞｽ*会社の記事を読む。"


def test_analysts_use_the_same_in_sql(loaded: Engine) -> None:
    query = "SELECT count(*) FROM news.article a WHERE a.search @@ news.search_query('外相会談', 'ja')"
    with loaded.connect() as connection:
        assert connection.scalar(text(query)) == 1


def test_phrases_in_scripts_without_spaces_are_asked_of_the_index(loaded: Engine) -> None:
    query = "EXPLAIN SELECT FROM news.article a WHERE a.search @@ news.search_query('\"外相会談\" -東京', 'ja')"
    with loaded.connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))
        assert "article_search" in str(connection.execute(text(query)).all())


def test_the_command(cli_env: dict[str, str], tmp_path: Path) -> None:
    paragraphs = "".join(
        f"<p>The ministers met for the {i}. time and spoke of the treaty for some hours, as they had before.</p>" for i in range(4)
    )
    page = tmp_path / "a.html"
    page.write_text(f"<title>Treaty talks go on</title><article><h1>Treaty talks go on</h1>{paragraphs}</article></html>")

    def ingest(*arguments: str | bytes) -> subprocess.CompletedProcess[str]:
        return subprocess.run([INGEST, *arguments], capture_output=True, text=True, check=False, env=cli_env)

    assert ingest("run", str(page)).returncode == 0
    done = ingest("search", "treaty", "--json")
    assert done.returncode == 0
    [hit] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (hit["title"], hit["language"]) == ("Treaty talks go on", "en")
    assert "*treaty*" in hit["excerpt"]
    assert "No article matches." in ingest("search", "nothing", "--since", "2026-01-01").stdout
    wrong = ingest("search", "treaty", "--since", "yesterday")
    assert (wrong.returncode, "is no date" in wrong.stderr) == (2, True)
    assert "No article matches." in ingest("search", b"\xff").stdout
    many = ingest("search", "treaty", "--limit", "99999999999999999999")
    assert (many.returncode, "1000000" in many.stderr, "Traceback" in many.stderr) == (2, True, False)
