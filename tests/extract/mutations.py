"""Damage that pages come with: on the way, in templates, in archives. Shared by the property tests and the fuzzer.

A mutation is a function of a text (or of bytes) and a source of chance, so that one number repeats it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from ingest.model import MediaType, Page
from tests.extract.made_pages import ADDRESS, PART_NAMES, STORIES, Parts, html_page, page_of, text_page

TextMutation = Callable[[str, Random], str]
ByteMutation = Callable[[bytes, Random], bytes]

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_ATTRIBUTE = re.compile(r'\s[\w:-]+="[^"]*"')
_ENTITY = re.compile(r"&#?\w+;?")
_NUMBER = re.compile(r"\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T[\d:+.Z-]*)?")
_JSON = re.compile(r'(?<=json">).*?(?=</script>)', re.DOTALL)
_WORD = re.compile(r"\w{4,}")

_ATTRIBUTES = (
    ' class="', " class='story", ' id=">"', ' class=""', " =", ' hidden', ' style="display:none"',
    ' itemprop="datePublished headline author"', ' datetime="9999-12-31T23:59:59+14:00"', ' href="http://[::1"', ' href="//"',
    ' href="http://a:99999999999/"', ' content="&#0;&#xD800;"', ' lang="x-\0"', ' charset="undefined"', ' property="og:title"',
    ' rel="canonical"', ' dir="\u202e"',
)  # fmt: skip
_ENTITIES = (
    "&", "&#", "&#x", "&#0;", "&#xD800;", "&#x110000;", "&#99999999999999999999;", "&amp;amp;amp;lt;", "&lt;p&gt;", "&nbsp",
    "&notanentity;", "&#128;", "&#xFFFE;", "&NotEqualTilde;", "&amp;#0;", "&amp;#xDFFF;", "&amp;" * 40,
)  # fmt: skip
_NUMBERS = ("0", "-1", "9" * 400, "1e999", "-0", "NaN", "Infinity", "٣", "²", "०९", "1.7976931348623157e309", "0x7f", "10" * 3)
_DATES = (
    "0000-00-00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "2019-02-30", "2019-W60-9", "2019-366", "99999-01-01",
    "1800-01-01T00:00+14:00", "2100-12-31T24:00:00Z", "1e12", "1600000000000", "２０１９年１３月４０日", "٢٠١٩/٠٣/١٤", "31.12.99",
    "Tue Mar 14 07:19:00 +9999 2019", "2019-03-14T07:19:00.123456789012Z", "2019-03-14T07:19[Not/A_Zone]", "14 mars 2019 à 99h99",
    "12/12/12/12/12", "Mar 14 2019 25:61 PM IST",
)  # fmt: skip
_JSON_PIECES = (
    '"', "{", "}", "[", "]", ",", ":", "\\", "\\u", "\\ud800", "\\ud83d\\ud83d", "\\u0000", "null", "NaN", "-Infinity", "1e999",
    "9" * 5_000, "[" * 3_000, '{"a":' * 1_500, "//", "/*", "<!--", "</", "<script>", '"@type":', '"@id":"#publisher",', '"@graph":',
    '"name":[["x"]],', '"datePublished":5,', '"author":{"name":{"@value":{}}},', '"headline":true,', '"url":"http://[",', "\x00",
    "\u2028",
)  # fmt: skip
_CHARACTERS = (
    "\0", "\x01", "\x1b$B", "\x1a", "\x7f", "\x85", "\ufeff", "\ufffe", "\uffff", "\ufffd", "\u202e", "\u200d", "\u0301" * 50,
    "\U0001f468\u200d\U0001f469", "\U0010ffff", "\u2028", "\r", "\r\r\n", "\t\v\f", "ﷺ", "İ", "ß", "ﬃ", "<", ">", "</p", "<!", "<!--",
    "-->", "<![CDATA[", "]]>", "<?", "</script", "<plaintext>", "<template>", "<svg>", "<math><mi>", "<frameset>", "<select>",
    "<noscript>", "<textarea>", "<table><a>", "<b><i><u>", "</body>", "</html>", "<title>",
)  # fmt: skip
DECLARATIONS = (
    "utf-8", "utf-16", "utf-7", "utf-32", "shift_jis", "iso-2022-jp", "gb18030", "koi8-r", "windows-1252", "x-user-defined", "hex",
    "undefined", "idna", "punycode", "unicode_escape", "rot13", "\0", "", "hz", "utf_8_sig", "cp65001", "big5-hkscs", "mbcs", "charmap",
    "zlib",
)  # fmt: skip
TOKENS = (*_ATTRIBUTES, *_ENTITIES, *_DATES, *(piece for piece in (*_JSON_PIECES, *_CHARACTERS) if len(piece) < 60))  # what libFuzzer takes


def _spot(text: str, chance: Random) -> int:
    return chance.randint(0, len(text))


def _replaced(text: str, chance: Random, pattern: re.Pattern[str], pieces: tuple[str, ...]) -> str:
    """One match of the pattern gives way to one of the pieces."""
    found = list(pattern.finditer(text))
    if not found:
        return text
    one = chance.choice(found)
    return text[: one.start()] + chance.choice(pieces) + text[one.end() :]


def cut_text(text: str, chance: Random) -> str:
    """The page ends early, or begins late."""
    at = _spot(text, chance)
    return text[:at] if chance.random() < 0.7 else text[at:]


def remove_span(text: str, chance: Random) -> str:
    """A part is missing."""
    start = _spot(text, chance)
    return text[:start] + text[start + chance.randint(0, 400) :]


def splice(text: str, chance: Random) -> str:
    """The page goes on as another page."""
    other = html_page(STORIES[chance.choice(sorted(STORIES))])
    return text[: _spot(text, chance)] + other[_spot(other, chance) :]


def repeat_span(text: str, chance: Random) -> str:
    """A part stands there several times."""
    start = _spot(text, chance)
    span = text[start : start + chance.randint(1, 300)]
    return text[:start] + span * chance.randint(2, 20) + text[start:]


def drop_tags(text: str, chance: Random) -> str:
    """Some tags are missing, their partners stay."""
    share = chance.choice((0.05, 0.3, 1.0))
    return _TAG.sub(lambda tag: "" if chance.random() < share else tag[0], text)


def repeat_tags(text: str, chance: Random) -> str:
    """Some tags stand there twice."""
    return _TAG.sub(lambda tag: tag[0] * (2 if chance.random() < 0.1 else 1), text)


def swap_tags(text: str, chance: Random) -> str:
    """Tags have changed places."""
    tags = _TAG.findall(text)
    if len(tags) < 2:
        return text
    first, second = chance.sample(tags, 2)
    return _TAG.sub(lambda tag: second if tag[0] == first and chance.random() < 0.5 else tag[0], text)


def break_attribute(text: str, chance: Random) -> str:
    """An attribute gives way to another, or to half of one."""
    return _replaced(text, chance, _ATTRIBUTE, _ATTRIBUTES)


def add_attribute(text: str, chance: Random) -> str:
    """A tag has an attribute more."""
    tags = [tag for tag in _TAG.finditer(text) if not tag[0].startswith("</")]
    if not tags:
        return text
    at = chance.choice(tags).end() - 1
    return text[:at] + chance.choice(_ATTRIBUTES) + text[at:]


def break_entity(text: str, chance: Random) -> str:
    """An entity stands in a word, or has lost its name."""
    return _replaced(text, chance, chance.choice((_ENTITY, _WORD)), _ENTITIES)


def break_number(text: str, chance: Random) -> str:
    """A number is absurd."""
    return _replaced(text, chance, _NUMBER, _NUMBERS)


def break_date(text: str, chance: Random) -> str:
    """Dates are absurd: one, or all."""
    if chance.random() < 0.5:
        return _replaced(text, chance, _DATE, _DATES)
    absurd = chance.choice(_DATES)
    return _DATE.sub(lambda _: absurd, text)


def break_json(text: str, chance: Random) -> str:
    """A script's data breaks off, or has something in it that does not belong."""
    found = list(_JSON.finditer(text))
    if not found:
        return text
    script = chance.choice(found)
    data = script[0]
    at = chance.choice([m.start() for m in re.finditer(r'[{}\[\]:,"]', data)] or [0])
    end = at if chance.random() < 0.6 else at + chance.randint(1, 40)
    return text[: script.start()] + data[:at] + chance.choice(_JSON_PIECES) + data[end:] + text[script.end() :]


def insert_characters(text: str, chance: Random) -> str:
    """Something that is no text, or opens what never closes, stands in the middle."""
    at = _spot(text, chance)
    return text[:at] + chance.choice(_CHARACTERS) * chance.choice((1, 1, 1, 3, 200)) + text[at:]


def join_lines(text: str, chance: Random) -> str:
    """The page has no line breaks, or other ones."""
    return text.replace("\n", chance.choice(("", " ", "\r", "\r\n", "\u2028", "\n\n\n")))


TEXT_MUTATIONS: tuple[TextMutation, ...] = (
    cut_text, remove_span, splice, repeat_span, drop_tags, repeat_tags, swap_tags, break_attribute, add_attribute, break_entity,
    break_number, break_date, break_json, insert_characters, join_lines,
)  # fmt: skip


def cut_bytes(body: bytes, chance: Random) -> bytes:
    """The bytes end early, also within a character."""
    return body[: chance.randint(0, len(body))]


def flip_bytes(body: bytes, chance: Random) -> bytes:
    """Some bytes are others."""
    changed = bytearray(body)
    for _ in range(chance.randint(1, 12) if changed else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def insert_bytes(body: bytes, chance: Random) -> bytes:
    """Bytes of another kind of file, or half a character, stand in the middle."""
    piece = chance.choice(
        (
            b"\0",
            b"\0" * 100,
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xc0\x80",
            b"\x80" * 30,
            b"\x1b$B",
            b"~{",
        )
    )
    at = chance.randint(0, len(body))
    return body[:at] + piece + body[at:]


def splice_bytes(body: bytes, chance: Random) -> bytes:
    """The bytes go on as those of another page in another charset."""
    story = STORIES[chance.choice(sorted(STORIES))]
    other = html_page(story).encode(story.charset, "replace")
    return body[: chance.randint(0, len(body))] + other[chance.randint(0, len(other)) :]


def mark_bytes(body: bytes, chance: Random) -> bytes:
    """A byte order mark stands before bytes that it does not describe."""
    return chance.choice((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\0\0", b"%PDF-", b"\x1f\x8b")) + body


BYTE_MUTATIONS: tuple[ByteMutation, ...] = (cut_bytes, flip_bytes, insert_bytes, splice_bytes, mark_bytes)
CHARSETS = (
    *sorted({story.charset for story in STORIES.values()}),
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-7",
    "iso2022_jp",
    "cp037",
)


def mutated(text: str, seeds: list[int], charset: str, byte_seeds: list[int]) -> bytes:
    """A page's text after one mutation for each seed, in a charset, then its bytes likewise."""
    for seed in seeds:
        text = TEXT_MUTATIONS[seed % len(TEXT_MUTATIONS)](text, Random(seed))  # noqa: S311  # chance that repeats is what is wanted
    body = text.encode(charset, "replace")
    for seed in byte_seeds:
        body = BYTE_MUTATIONS[seed % len(BYTE_MUTATIONS)](body, Random(seed))  # noqa: S311  # as above
    return body


STORY = st.sampled_from(sorted(STORIES)).map(STORIES.__getitem__)
PARTS = st.builds(Parts, **{name: st.booleans() for name in PART_NAMES}) | st.just(Parts())
_SEEDS = st.integers(0, 2**32 - 1)
_URL = st.sampled_from([ADDRESS, None, "", "http://[::1", "file:///a", "https://xn--a.example/é", "http://a.example:99999/x"])


@st.composite
def damaged_pages(draw: st.DrawFn) -> Page:
    """Pages, in HTML or as text, with damage of every kind, under true and false declarations."""
    story = draw(STORY)
    media_type = draw(st.sampled_from(MediaType))
    declared = draw(st.just("utf-8") | st.sampled_from(DECLARATIONS) | st.just(story.charset))
    text = html_page(story, draw(PARTS), declared) if draw(st.integers(0, 4)) else text_page(story)
    charset = draw(st.just("utf-8") | st.sampled_from(CHARSETS))
    body = mutated(text, draw(st.lists(_SEEDS, max_size=6)), charset, draw(st.lists(_SEEDS, max_size=2)))
    page = page_of(body, media_type, draw(st.none() | st.sampled_from(DECLARATIONS)))
    return replace(page, candidate=replace(page.candidate, url=draw(_URL)))
