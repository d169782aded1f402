from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import PageError
from ingest.extract.decode import decode, media_type_of
from ingest.model import Candidate, MediaType, Page

PROSE = "Der Außenminister traf am Montag in Köln seine Kollegin. " * 5
WRITTEN = {
    "windows-1252": "Der Außenminister sagte: „Das wäre schön“ – mehr nicht.",
    "iso-8859-2": "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "windows-1251": "Министр иностранных дел прибыл в понедельник.",
    "shift_jis": "外相は月曜日、マニラで会談した。",
    "euc-kr": "외무장관은 월요일 마닐라에서 만났다.",
    "gb2312": "外交部长星期一在马尼拉会晤。",
    "iso-2022-jp": "外相は月曜日、マニラで会談した。",
}


def page(body: bytes, charset: str | None = None) -> Page:
    return Page(Candidate("file:///a.html", "a.html"), body, MediaType.HTML, dt.datetime(2020, 1, 1, tzinfo=dt.UTC), charset)


def text_of(page: Page) -> str:
    return decode(page).decode()


@pytest.mark.parametrize("charset", WRITTEN)
def test_the_declared_charset_is_used(charset: str) -> None:
    body = f'<meta charset="{charset}"><p>{WRITTEN[charset]}</p>'.encode(charset)
    assert WRITTEN[charset] in text_of(page(body))


@pytest.mark.parametrize("charset", WRITTEN)
def test_the_transport_may_declare_it(charset: str) -> None:
    assert WRITTEN[charset] in text_of(page(f"<p>{WRITTEN[charset]}</p>".encode(charset), charset))


def test_utf8_wins_over_an_old_declaration() -> None:
    assert PROSE in text_of(page(f'<meta charset="iso-8859-1">{PROSE}'.encode()))


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_forms_with_and_without_a_mark(charset: str) -> None:
    text = text_of(page(f"<html><body><p>{PROSE}</p></body></html>".encode(charset)))
    assert text.startswith("<html>")
    assert PROSE in text


def test_a_false_declaration_is_not_believed() -> None:
    body = f'<meta charset="shift_jis"><p>{WRITTEN["windows-1251"] * 20}</p>'.encode("windows-1251")
    assert WRITTEN["windows-1251"] in text_of(page(body))


@pytest.mark.parametrize("charset", ["hex", "undefined", "idna", "unicode_escape", "rot13", "utf-16", "utf-7", "zlib"])
def test_what_pages_may_not_declare_is_not_declared(charset: str) -> None:
    body = f'<meta charset="{charset}"><p>{PROSE * 4}</p>'.encode("windows-1252")
    assert "Außenminister" in text_of(page(body))
    assert "Außenminister" in text_of(page(body, charset))


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_markup_in_utf16_without_a_mark_is_known_in_any_script(charset: str) -> None:
    text = text_of(page(f"\n<!doctype html><p>{WRITTEN['shift_jis'] * 30}</p>".encode(charset)))
    assert WRITTEN["shift_jis"] in text


def test_nul_characters_behind_a_mark_go() -> None:
    assert text_of(page(f"<p>one\0 two</p>{PROSE}".encode("utf-16"))).startswith("<p>one two")


def test_without_any_declaration_the_bytes_decide() -> None:
    assert "Außenminister" in text_of(page(f"<p>{PROSE * 4}</p>".encode("windows-1252")))


def test_a_few_broken_bytes_do_not_change_the_charset() -> None:
    body = (f"<p>{PROSE}</p>".encode() * 5).replace(b"K\xc3\xb6ln", b"K\xc3ln", 1)
    text = text_of(page(body))
    assert text.count("Köln") == 24
    assert text.count("�") == 1


def test_stray_nul_characters_go() -> None:
    assert text_of(page(b"<p>" + b"one\0 two " * 1 + b"word " * 1000)).startswith("<p>one two")


@pytest.mark.parametrize(
    "body",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"%PDF-1.7 text",
        b"PK\x03\x04 text",
        b"\0" * 100,
        bytes(range(256)) * 40,
        b"<p>a\0b\0c\0d\0</p>" * 50,
    ],
    ids=["png", "pdf", "zip", "nul", "every byte", "many nul"],
)
def test_what_is_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(PageError) as refused:
        text_of(page(body))
    assert refused.value.reason == "binary"


def test_a_text_that_is_mostly_damage_is_refused() -> None:
    with pytest.raises(PageError) as refused:
        text_of(page(b"\xef\xbb\xbf" + b"<p>word \xff\xff\xff\xff\xff</p>" * 100))
    assert refused.value.reason == "undecodable"


@given(st.binary(max_size=3000), st.sampled_from([None, "utf-8", "latin1", "nonsense", "utf-16", "shift_jis"]))
def test_any_bytes_give_text_or_a_reason(body: bytes, charset: str | None) -> None:
    try:
        assert "\0" not in text_of(page(body, charset))
    except PageError as error:
        assert error.reason in {"binary", "undecodable"}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_utf8_comes_out_as_it_went_in(text: str) -> None:
    body = b"\xef\xbb\xbf" + text.encode()
    if text.count("�") <= len(text) * 0.05:
        assert text_of(page(body)) == text


@pytest.mark.parametrize(
    ("text", "declared", "kind"),
    [
        ("<!DOCTYPE html><html><p>x", MediaType.TEXT, MediaType.HTML),
        ("\n<!-- saved -->\n<html><p>x", MediaType.TEXT, MediaType.HTML),
        ("<!-- a -->" * 300 + "<html>", MediaType.TEXT, MediaType.HTML),
        ("<!-- a -->" * 400 + "A story.", MediaType.TEXT, MediaType.TEXT),
        ("A story about the <p> tag.", MediaType.TEXT, MediaType.TEXT),
        ("A story without any markup.", MediaType.HTML, MediaType.TEXT),
        ("<div>x</div>", MediaType.HTML, MediaType.HTML),
    ],
)
def test_the_text_says_what_it_is(text: str, declared: MediaType, kind: MediaType) -> None:
    assert media_type_of(text.encode(), declared) is kind
