"""Bylines and dates that stand between headline and story without any markup, in the commonest languages of news."""

from __future__ import annotations

import datetime as dt

import pytest

from ingest.extract import extract
from ingest.model import Article, Candidate, MediaType, Page

STORY = "".join(
    f"<p>The harbour council of Northmere met for the {word} time on Tuesday, and the talks went on until the morning.</p>"
    for word in ("first", "second", "third", "fourth")
)


def article(lines: str, language: str = "en", head: str = "") -> Article:
    title = "Old basin opens after nine years"
    html = f'<html lang="{language}"><head><title>{title}</title>{head}</head><body><div><h1>{title}</h1>{lines}{STORY}</div></body></html>'
    found = extract(Page(Candidate("file:///a", "a"), html.encode(), MediaType.HTML, dt.datetime(2024, 5, 4, tzinfo=dt.UTC)))
    assert isinstance(found, Article)
    return found


@pytest.mark.parametrize(
    ("language", "line", "author"),
    [
        ("en", "By Ada Brightwater", "Ada Brightwater"),
        ("en", "Written by Ada Brightwater on May 3, 2024", "Ada Brightwater"),
        ("tr", "Ada Brightwater | 03.05.2024 - Güncelleme : 03.05.2024", "Ada Brightwater"),
        ("de", "Fr 03.05.24 | 07:30 Uhr | Von Ada Brightwater", "Ada Brightwater"),
        ("fr", "Par Ada Brightwater • Publié le 3 mai 2024", "Ada Brightwater"),
        ("es", "Por Ada Brightwater", "Ada Brightwater"),
        ("it", "di Ada Brightwater", "Ada Brightwater"),
        ("pt", "Por Ada Brightwater | 3 de maio de 2024", "Ada Brightwater"),
        ("nl", "Door Ada Brightwater", "Ada Brightwater"),
        ("sv", "Av Ada Brightwater", "Ada Brightwater"),
        ("pl", "Autor: Ada Brightwater", "Ada Brightwater"),
        ("ru", "Автор: Мария Петрова", "Мария Петрова"),
        ("tr", "Yazan: Ada Brightwater", "Ada Brightwater"),
        ("sr", "Izvor: Lanterna 03.05.2024. 10:15h Autor: Ada Brightwater Ažurirano: 03.05.2024. 12:00h", "Ada Brightwater"),
        ("en", "By Ada Brightwater: 3 May 2024", "Ada Brightwater"),
        ("zh", "作者：王小明", "王小明"),
    ],
)
def test_bylines(language: str, line: str, author: str) -> None:
    assert article(f"<div>{line}</div>", language).authors == (author,)


def test_a_byline_in_bold_is_one() -> None:
    assert article("<p><b>By Ada Brightwater, Northmere</b></p>").authors == ("Ada Brightwater",)


def test_a_byline_goes_before_the_desk_that_the_head_names() -> None:
    desk = '<meta name="author" content="Redaktion">'
    assert article("<p><em>Eine Kolumne von Ada Brightwater</em></p>", "de", desk).authors == ("Ada Brightwater",)
    assert article("<p>Eine Kolumne</p>", "de", desk).authors == ("Redaktion",)


def test_pictures_may_stand_above_the_byline() -> None:
    pictures = "".join(f"<figure><img><figcaption>The basin on day {day}</figcaption></figure>" for day in range(12))
    assert article(f"{pictures}<p>By Ada Brightwater</p>").authors == ("Ada Brightwater",)


@pytest.mark.parametrize(
    ("language", "line", "day"),
    [
        ("en", "May 3, 2024", dt.date(2024, 5, 3)),
        ("de", "Fr 03.05.24 | 07:30 Uhr | Von Ada Brightwater", dt.date(2024, 5, 3)),
        ("fr", "Publié le 3 mai 2024", dt.date(2024, 5, 3)),
        ("es", "3 de mayo de 2024", dt.date(2024, 5, 3)),
        ("ko", "기사입력 :[ 2024-05-03 15:24 ]", dt.date(2024, 5, 3)),
        ("ja", "2024年5月3日 15時24分", dt.date(2024, 5, 3)),
    ],
)
def test_date_lines(language: str, line: str, day: dt.date) -> None:
    published = article(f"<div>{line}</div>", language).published
    assert published is not None
    assert published.at.date() == day


@pytest.mark.parametrize("line", ["By the sea", "Bypass closed", "By May 2024", "Von allem etwas", "Share on Facebook"])
def test_lines_that_name_nobody(line: str) -> None:
    assert article(f"<div>{line}</div>").authors == ()


def test_what_the_page_says_elsewhere_goes_first() -> None:
    found = article("<div>By Tomas Quill | 4 May 2024</div>", head='<meta name="author" content="Ada Brightwater">')
    assert found.authors == ("Ada Brightwater",)
    assert found.published is not None
    assert found.published.at.date() == dt.date(2024, 5, 4)


def test_an_organisation_gives_way_to_a_person_below_the_headline() -> None:
    found = article(
        "<div>By Ada Brightwater</div>", head='<meta name="author" content="Lantern"><meta property="og:site_name" content="Lantern">'
    )
    assert found.authors == ("Ada Brightwater",)


@pytest.mark.parametrize(("label", "author"), [("Written by", ("Ada Brightwater",)), ("Verfasst von", ("Ada Brightwater",)), ("Time", ())])
def test_the_card_that_labels_its_author(label: str, author: tuple[str, ...]) -> None:
    card = f'<meta name="twitter:label1" content="{label}"><meta name="twitter:data1" content="Ada Brightwater">'
    assert article("", head=card).authors == author


@pytest.mark.parametrize("above", ["<h2>The council wants boats in the harbour by spring</h2>", ""])
@pytest.mark.parametrize("below", ["<h3>Key points</h3><ul><li>Nine years of work.</li></ul>", ""])
def test_headings_around_the_lines_do_not_hide_them(above: str, below: str) -> None:
    found = article(f"{above}<div>By Ada Brightwater</div><div>3 May 2024, 10:15</div>{below}")
    assert found.authors == ("Ada Brightwater",)
    assert found.published is not None
    assert found.published.at.isoformat() == "2024-05-03T10:15:00+00:00"


def test_a_byline_in_the_story_is_part_of_it() -> None:
    found = article(
        "<p>The council of Northmere met on Tuesday, and the talks about the basin went on and on.</p><div>By Ada Brightwater</div>"
    )
    assert found.authors == ()


@pytest.mark.parametrize(
    ("language", "opening", "authors"),
    [
        ("zh", "〔記者王小明／台北報導〕北方港口議會週二第三次開會，討論持續到清晨才結束，居民希望碼頭春天開放。", ("王小明",)),
        (
            "zh",
            "新港社北港11月12日电（记者王小明、李丽）北方港口议会周二第三次开会，讨论持续到清晨。",
            ("王小明", "李丽"),
        ),
        (
            "ko",
            "(서울=통신) 홍길동 기자 = 북항 의회는 화요일에 세 번째로 모여 새벽까지 논의를 이어 갔다.",
            ("홍길동",),
        ),
        ("zh", "北方港口議會週二第三次開會（見圖），記者王小明說，討論持續到清晨才結束，居民希望碼頭春天開放。", ()),
    ],
)
def test_datelines_name_reporters(language: str, opening: str, authors: tuple[str, ...]) -> None:
    assert article(f"<p>{opening}</p>", language).authors == authors
