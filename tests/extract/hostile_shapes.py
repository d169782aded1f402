"""Pages that are far from any article, of any size: for the test that they end, and for `python -m benchmarks.curve`.

Each shape is a function of a number of bytes; its page has about that many.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from ingest.model import MediaType, Page
from tests.extract.made_pages import STORIES, Parts, html_page, page_of, text_page

_SENTENCE = "The council of Northmere voted on Tuesday to reopen the old ferry line across the bay."
_TITLE = STORIES["en"].title
_HEAD = f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{_TITLE}</title></head><body>"
_STORY = f"<h1>{_TITLE}</h1>" + "".join(f"<p>{p}</p>" for p in STORIES["en"].paragraphs)
_END = "</body></html>"


def _filled(unit: str, size: int) -> str:
    return unit * max(1, size // len(unit.encode()))


def _numbered(unit: str, size: int) -> str:
    """The unit with ever another number in it."""
    return "".join(unit.replace("#", f"{n:06}") for n in range(max(1, size // (len(unit.encode()) + 5))))


def _around(unit: str, *, numbered: bool = False) -> Callable[[int], str]:
    """A story with the filling after it."""
    return lambda size: f"{_HEAD}<article>{_STORY}{(_numbered if numbered else _filled)(unit, size)}</article>{_END}"


def _in_head(unit: str) -> Callable[[int], str]:
    return lambda size: _HEAD.replace("</head>", f"{_numbered(unit, size)}</head>") + _STORY + _END


def _json_ld(data: Callable[[int], str]) -> Callable[[int], str]:
    return lambda size: _HEAD.replace("</head>", f'<script type="application/ld+json">{data(size)}</script></head>') + _STORY + _END


def _table(size: int) -> str:
    side = max(1, int((size / 12) ** 0.5))
    return f"{_HEAD}{_STORY}<table>{('<tr>' + '<td>1,234' * side) * side}</table>{_END}"


def _balanced(tag: str, share: float = 1.0) -> Callable[[int], str]:
    """Islands that are nested a thousand deep, as many as fit."""
    island = f"<{tag}>" * 1_000 + _SENTENCE + f"</{tag}>" * int(1_000 * share)
    return lambda size: f"{_HEAD}{_STORY}{_filled(island, size)}{_END}"


HTML_SHAPES: dict[str, Callable[[int], str]] = {
    "article": _around(f"<p>{_SENTENCE} It is the sentence number #.</p>", numbered=True),
    "article, same paragraph": _around(f"<p>{_SENTENCE}</p>"),
    "whole pages, one after the other": lambda size: _filled(html_page(STORIES["de"], Parts(quote=True, table=True, comments=True)), size),
    "links": lambda size: _HEAD + "<ul>" + _numbered('<li><a href="/a/#">Headline number # of the long archive</a></li>', size) + _END,
    "links in a story": _around('<a href="/a/#">number #</a> ', numbered=True),
    "teasers": _around('<div class="teaser"><h3><a href="/a/#">Headline #</a></h3><p>Two boats run every hour.</p></div>', numbered=True),
    "one paragraph": _around(f"{_SENTENCE} "),
    "one Chinese paragraph": _around(STORIES["zh"].paragraphs[0].replace("。", "")),
    "one word": _around("word"),
    "one Thai paragraph": _around(STORIES["th"].paragraphs[0].replace(" ", "")),
    "line breaks": _around(f"{_SENTENCE}<br><br>"),
    "line breaks only": _around("<br>"),
    "inline tags": _around("<b>a</b>"),
    "empty divs": _around("<div></div>"),
    "divs of two words": _around('<div class="x#">two words</div>', numbered=True),
    "spans that never close": _around("<span>"),
    "formatting that never closes": _around("<p><b><i><u><em>text "),
    "formatting across blocks": _around("<b><p></b>text</p><a href=x>"),
    "anchors in tables": _around("<table><a>text<b>"),
    "deep, closed": _balanced("div"),
    "deep, half closed": _balanced("div", 0.5),
    "deep lists": lambda size: f"{_HEAD}{_STORY}{_filled('<ul><li>item ', size)}{_END}",
    "deep quotes": lambda size: f"{_HEAD}{_STORY}{_filled(f'<blockquote><p>{_SENTENCE}</p>', size)}{_END}",
    "end tags": _around("</div></p></b>"),
    "forms": _around("<form><input><select><option>a<option>b</select>"),
    "one long attribute": lambda size: f'{_HEAD}{_STORY}<div class="{_filled("ad-related ", size)}"><p>{_SENTENCE}</p></div>{_END}',
    "one long class name": lambda size: f'{_HEAD}{_STORY}<div class="{_filled("a1-", size)}"><p>{_SENTENCE}</p></div>{_END}',
    "long attributes": _around(f'<p class="{"related-story " * 400}" id="{"x" * 4_000}">{_SENTENCE}</p>'),
    "attributes of one element": lambda size: f"{_HEAD}{_STORY}<div {_numbered(' a#=1', size)}><p>{_SENTENCE}</p></div>{_END}",
    "attributes": _around("<p a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8>text</p>"),
    "style": _around('<p style="color: red; background: url(x); display: none">Two boats run every hour.</p>'),
    "table": _table,
    "tables in tables": lambda size: f"{_HEAD}{_STORY}{_filled('<table><tr><td>cell ', size)}{_END}",
    "times": _around('<time datetime="2019-03-14T07:#">14 March 2019</time>', numbered=True),
    "headings": _around("<h1>Headline number # of the day</h1>", numbered=True),
    "one long heading": lambda size: f"{_HEAD}<h1>{_filled('ferry | line - ', size)}</h1>{_STORY}{_END}",
    "bylines": _around('<div class="byline">By <a rel="author">Jane Roe #</a></div>', numbered=True),
    "one long byline": lambda size: f'{_HEAD}{_STORY}<div class="byline author">{_filled("By Jane Roe, and ", size)}</div>{_END}',
    "nested bylines": lambda size: (
        f"{_HEAD}{_STORY}{_filled('<div class=byline itemprop=author>Jane ' * 1_000 + '</div>' * 1_000, size)}{_END}"
    ),
    "captions": _around("<figure><img src=a><figcaption>The old pier # of Northmere. Photo: R. Vale</figcaption></figure>", numbered=True),
    "hidden": _around(f"<p hidden>{_SENTENCE}</p>"),
    "short lines of prose": _around("<p>Yes.</p>"),
    "dates": _around("<p>14 March 2019, 07:#</p>", numbered=True),
    "digits": _around("12/12/2019 "),
    "digits without a space": _around("12.12."),
    "metas": _in_head('<meta property="article:tag" content="Ferry #">'),
    "dates in metas": _in_head('<meta property="article:published_time" content="14 March 2019 07:#">'),
    "one long meta": lambda size: (
        _HEAD.replace("</head>", f'<meta name=author content="{_filled("Jane Roe, ", size)}"></head>') + _STORY + _END
    ),
    "one long title": lambda size: _HEAD.replace("</title>", f"{_filled(' | Ferry', size)}</title>") + _STORY + _END,
    "canonical links": _in_head('<link rel="canonical" href="https://news.example/a/#">'),
    "one long link": lambda size: (
        _HEAD.replace("</head>", f'<link rel=canonical href="https://news.example/{_filled("%2e./", size)}"></head>') + _STORY + _END
    ),
    "scripts": _in_head("<script>var a# = 1;</script>"),
    "scripts of data": _in_head('<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Ferry #"}</script>'),
    "data of many objects": _json_ld(
        lambda size: "[" + _numbered('{"@type": "NewsArticle", "@id": "#", "author": {"@id": "#"}},', size) + "{}]"
    ),
    "data of a long text": _json_ld(lambda size: json.dumps({"@type": "NewsArticle", "articleBody": _filled(f"{_SENTENCE}\n\n", size)})),
    "data that nests": _json_ld(lambda size: _filled('{"a":[', size)),
    "data that never closes": _json_ld(lambda size: '{"@type": "NewsArticle", "a": "' + _filled('\\"', size)),
    "data of commas": _json_ld(lambda size: "[" + _filled(", ,", size)),
    "data of backslashes": _json_ld(lambda size: '{"a": ' + _filled("\\", size)),
    "data of a long number": _json_ld(lambda size: '{"wordCount": ' + _filled("9", size) + "}"),
    "data of keywords": _json_ld(
        lambda size: json.dumps({"@type": "NewsArticle", "keywords": _filled("ferry, ", size), "author": _filled("Roe, ", size)})
    ),
    "only <": lambda size: _filled("<", size),
    "only &": lambda size: _HEAD + _filled("&", size),
    "only &amp;": lambda size: _HEAD + _filled("&amp;", size),
    "only quotes": lambda size: _HEAD + "<p " + _filled('"', size),
    "only quotes in text": lambda size: _HEAD + _filled("“”\"' ", size),
    "only spaces": lambda size: _HEAD + _filled(" ", size),
    "only line ends": lambda size: _HEAD + _filled("\n", size),
    "only soft hyphens": lambda size: _HEAD + _filled("\u00ad", size),
    "only accents": lambda size: _HEAD + "a" + _filled("\u0301", size),
    "only ligatures": lambda size: f"{_HEAD}<h1>{_filled('ﷺ', size)}</h1><p>{_filled('ﷺ', size)}",
    "comments": _around("<!-- -->"),
    "one comment": _around("-- > "),
    "<!--": lambda size: _HEAD + _filled("<!--", size),
    "<a <a": lambda size: _HEAD + _filled("<a ", size),
    "<script>": lambda size: _HEAD + _filled("<script>", size),
    "</": lambda size: _HEAD + _filled("</", size),
    "]]>": lambda size: _HEAD + _filled("<![CDATA[", size),
    "templates": _around("<template><p>text"),
    "svg": _around("<svg><title>x</title><g>"),
    "drawings": _around("<svg viewBox='0 0 1 1'><path d='M0 0h1v1z'/></svg>"),
    "drawings that never close": _around("<svg><path d='M0 0'>"),
    "styles that never close": _around("<style>a { b: c } </styl"),
    "scripts in scripts": _around("<script>document.write('<script>')"),
    "preformatted": _around("<pre> a\n b</pre>"),
    "one preformatted text": lambda size: _HEAD + _STORY + "<pre>" + _filled(" a\n", size) + "</pre>" + _END,
    "select": lambda size: f"{_HEAD}{_STORY}<select>{_filled('<option>a', size)}</select>{_END}",
}
TEXT_SHAPES: dict[str, Callable[[int], str]] = {
    "text: article": lambda size: text_page(STORIES["en"]) + _numbered(f"{_SENTENCE} It is the sentence number #.\n\n", size),
    "text: lines": lambda size: _filled("Short line\n", size),
    "text: wrapped lines": lambda size: _filled(f"{_SENTENCE[:78]}\n", size),
    "text: one line": lambda size: _filled(f"{_SENTENCE} ", size),
    "text: one Chinese line": lambda size: _filled(STORIES["zh"].paragraphs[0], size),
    "text: one word": lambda size: _filled("word", size),
    "text: dates": lambda size: _numbered("14 March 2019, 07:#\n", size),
    "text: digits": lambda size: _filled("12/12/2019 ", size),
    "text: digit lines": lambda size: _filled("12.12.2019\n", size),
    "text: bylines": lambda size: _numbered("By Jane Roe #\n", size),
    "text: labels": lambda size: _filled("Related stories:\nHarbour master resigns\n", size),
    "text: biographies": lambda size: _filled("Jane Roe is a\n", size),
    "text: capital words": lambda size: _filled("Jane ", size),
    "text: dashes": lambda size: _filled("A - by B ", size),
    "text: bullets": lambda size: _filled("• item\n", size),
    "text: comments": lambda size: _filled(
        "12 comments\nThe boats were late again, said nobody at all in the whole of the town of Northmere.\n", size
    ),
    "text: whole pages": lambda size: _filled(text_page(STORIES["fr"]), size),
    "text: spaces": lambda size: _filled(" ", size),
    "text: line ends": lambda size: _filled("\n", size),
    "text: <": lambda size: _filled("<", size),
    "text: quotes": lambda size: _filled('"', size),
    "text: full stops": lambda size: _filled(".", size),
    "text: full stops apart": lambda size: _filled(". ", size),
    "text: soft hyphens": lambda size: _filled("\u00ad", size),
    "text: crumbs": lambda size: _filled("Home > World > ", size),
    "text: <!--": lambda size: _filled("<!-- -->", size),
}
BYTE_SHAPES: dict[str, Callable[[int], bytes]] = {
    "bytes: NUL": bytes,
    "bytes: 0x80": lambda size: b"<p>" + b"\x80" * size,
    "bytes: broken UTF-8": lambda size: b"<p>" + b"word \xc3\xc3 " * (size // 8),
    "bytes: windows-1252, undeclared": lambda size: (_HEAD + _filled(f"<p>{STORIES['de'].paragraphs[1]}</p>", size)).encode(
        "cp1252", "replace"
    ),
    "bytes: Shift JIS, declared": lambda size: _filled(html_page(STORIES["ja"], charset="shift_jis"), size).encode("shift_jis", "replace"),
    "bytes: UTF-16": lambda size: _filled(html_page(STORIES["ja"]), size // 2).encode("utf-16"),
    "bytes: ISO-2022-JP escapes": lambda size: b"<meta charset=iso-2022-jp>" + b"\x1b$B\x1b(B" * (size // 6),
    "bytes: every value": lambda size: bytes(range(32, 256)) * (size // 224),
}
SHAPES = (*HTML_SHAPES, *TEXT_SHAPES, *BYTE_SHAPES)


def hostile_page(shape: str, size: int) -> Page:
    """The page of a shape with about ``size`` bytes."""
    if shape in BYTE_SHAPES:
        return page_of(BYTE_SHAPES[shape](size))
    if shape in TEXT_SHAPES:
        return page_of(TEXT_SHAPES[shape](size).encode(), MediaType.TEXT)
    return page_of(HTML_SHAPES[shape](size).encode())
