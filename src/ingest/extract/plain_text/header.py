"""The lines above a story: which is the headline, which the publisher, the section, the byline, the date."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources

from ingest.extract.plain_text.units import Unit
from ingest.model import DropReason
from ingest.normalise.dates import find_instant, is_bare_date, is_date_line
from ingest.normalise.names import split_byline

_LONGEST_LABEL = 80  # letters' worth: sections, publishers and bylines are shorter
_LONGEST_SECTION_WORDS = 7
_LONGEST_TITLE = 250.0  # letters' worth
_SHORTEST_TITLE_WORDS = 3
_HEADLINE_ENOUGH = 50.0  # letters' worth: a line as long as that is headline enough, however much longer another is
_A_LINE_FURTHER = 4.0  # points, as the following: what a line further from the story loses
_LITTLE_OF_A_HEADLINE = 35.0
_NO_HEADLINE = 45.0
_LONGEST_LABELLED = 220.0  # letters' worth: a headline with its label
_PUBLISHER_WORDS_MOST = 6
_SHORTEST_STANDFIRST = 60.0  # letters' worth: shorter lines under a headline are labels
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)
_TRAIL = re.compile(r"\S\s*(?:>|»|›|→|::|/)\s*\S")
_SEPARATOR = re.compile(r"\s+[|•·–—-]\s+|\s*[|•·]\s*")
_SHOUTED_CALL = re.compile(r"[-–—!:|]\s*[A-Z]{2,}(?:\s+[A-Z]{2,}){0,3}\s*[!>»]*$")
_BYLINE_WORD = re.compile(
    r"(?:by|von|par|por|di|door|av|af|oleh|autor(?:in)?:|auteur\s?:|autore:|автор:|بقلم|作者|記者|记者|מאת|yazan:)[\s:：]", re.IGNORECASE
)


def _section_names() -> frozenset[str]:
    table = tomllib.loads(resources.files("ingest.extract.plain_text").joinpath("sections.toml").read_text("utf-8"))
    if not all(isinstance(n, str) and n == n.lower() for n in table["names"]):
        raise ValueError("sections.toml: names must be texts in lower case")
    return frozenset(table["names"])


_SECTION_NAMES = _section_names()
_ROLE_OF_LABEL = {
    "title": DropReason.TITLE,
    "subtitle": DropReason.SUBTITLE,
    "publisher": DropReason.PUBLISHER,
    "section": DropReason.SECTION,
    "authors": DropReason.AUTHOR,
}


def _labels() -> dict[str, str]:
    table = tomllib.loads(resources.files("ingest.extract.plain_text").joinpath("labels.toml").read_text("utf-8"))
    if table.keys() != _ROLE_OF_LABEL.keys():
        raise ValueError(f"labels.toml: expected the fields {', '.join(_ROLE_OF_LABEL)}")
    return {label.casefold(): field for field, labels in table.items() for label in labels}


_LABELS = _labels()


def _publisher_words() -> re.Pattern[str]:
    table = tomllib.loads(resources.files("ingest.extract.plain_text").joinpath("publishers.toml").read_text("utf-8"))
    words, endings = table["words"], table["endings"]
    if not all(isinstance(w, str) and w == w.lower() for w in [*words, *endings]):
        raise ValueError("publishers.toml: words and endings must be texts in lower case")
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)|(?:{'|'.join(map(re.escape, endings))})(?!\w)", re.IGNORECASE)


_PUBLISHER_WORD = _publisher_words()


def fixed_role(unit: Unit) -> DropReason | None:
    """What a line above or below a story is by its own form: a date, a byline, a trail of sections, an address, a phrase."""
    if unit.wording is not None:
        return unit.wording
    labelled = label_of(unit)
    if labelled is not None:
        return labelled[0]
    if _URL.fullmatch(unit.text):
        return DropReason.SITE_CHROME
    if unit.is_prose:
        return None  # looking for dates in each paragraph of a long text would take most of its time
    if is_byline(unit):
        return DropReason.AUTHOR
    if is_date_line(unit.text):
        return DropReason.DATE
    return None if unit.weight > _LONGEST_LABEL * 2 else _role_of_label_line(unit)


def _role_of_label_line(unit: Unit) -> DropReason | None:
    """What a short line is by its signs: a domain, arrows between names, a shouted call, bars with a date among them."""
    if _DOMAIN.fullmatch(unit.text):
        return DropReason.PUBLISHER
    if _is_trail(unit):
        return DropReason.BREADCRUMB
    if _SHOUTED_CALL.search(unit.text) and not unit.text.isupper():
        return DropReason.ADVERTISEMENT
    if _is_byline_with_date(unit):
        return DropReason.DATE
    return None


def label_of(unit: Unit) -> tuple[DropReason, str] | None:
    """The role and the value of a line that names itself: ``Section: Politics``, ``Source: https://news.example/a``."""
    if unit.weight > _LONGEST_LABELLED:
        return None
    label, colon, value = unit.text.partition(":")
    field = _LABELS.get(label.strip().casefold()) if colon else None
    if field is None or not value.strip():
        return None
    reason = DropReason.SITE_CHROME if _URL.fullmatch(value.strip()) else _ROLE_OF_LABEL[field]
    return reason, value.strip()


def _is_trail(unit: Unit) -> bool:
    """``Home > World > Asia``, ``Accueil | Monde | Économie``."""
    if unit.ends_sentence or len(unit.text) > _LONGEST_LABEL:
        return False
    steps = [step for step in unit.text.split("|") if len(step.split()) <= 3]  # noqa: PLR2004  # words of a section's name
    return _TRAIL.search(unit.text) is not None or len(steps) > 2  # noqa: PLR2004  # two may be a name and a place


def is_byline(unit: Unit) -> bool:
    """Whether a line names the authors: ``By Jane Roe, Reuters``."""
    return (
        unit.weight <= _LONGEST_LABEL * 1.5
        and _BYLINE_WORD.match(unit.text) is not None
        and not unit.text.rstrip().endswith((".", "?", "!"))
        and bool(split_byline(_SEPARATOR.split(unit.text)[0]))
    )


def without_date(text: str) -> str:
    """A byline without the date at its end: ``By Li Wei 13:54, August 07, 2017``."""
    words = text.split()
    for i in range(1, len(words)):
        if is_bare_date(" ".join(words[i:])):
            return " ".join(words[:i])
    return text


def _is_byline_with_date(unit: Unit) -> bool:
    """``Jane Roe | 7 August 2017, 07:19 GMT | World``: a line of labels, one of them a date."""
    parts = _SEPARATOR.split(unit.text)
    return len(parts) > 1 and unit.weight <= _LONGEST_LABEL * 1.5 and any(is_date_line(p) for p in parts)


def labels_in(unit: Unit) -> list[tuple[str, bool]]:
    """The parts of a line such as ``World News | The Valley Post``, each with whether it is what sections are called."""
    parts = [part.strip() for part in _SEPARATOR.split(unit.text) if part.strip()]
    return [(part, part.casefold() in _SECTION_NAMES) for part in parts]


def date_in(unit: Unit) -> str | None:
    """The part of a header line that is a date."""
    for part in _SEPARATOR.split(unit.text):
        if is_date_line(part) and _has_day(unit.text, part):
            return part
    return unit.text if find_instant(unit.text) else None


def _has_day(line: str, part: str) -> bool:
    # A separator may stand between a date and its time: "7 August 2017 - 14:05".
    whole, own = find_instant(line), find_instant(part)
    return whole is not None and own is not None and whole.precision == own.precision


def looks_like_publisher(unit: Unit) -> bool:
    """Whether a short line is a publisher's name by its words: ``Iran Press TV``, ``The Daily Courier``."""
    if unit.ends_sentence or unit.text[-1].isdigit() or unit.text.casefold() in _SECTION_NAMES:
        return False
    return len(unit.text.split()) <= _PUBLISHER_WORDS_MOST and _PUBLISHER_WORD.search(unit.text) is not None


def is_title_like(unit: Unit) -> bool:
    """Whether a line could be a headline."""
    return unit.weight <= _LONGEST_TITLE and not unit.text.endswith((",", ";")) and any(c.isalpha() for c in unit.text)


def choose_title(units: Sequence[Unit], free: Sequence[int]) -> int | None:
    """Which of the lines without a role is the headline; None where none is.

    Advertisers, sections and publishers stand above the headline and a standfirst directly below it: the line next to the story
    that reads like a headline is taken, and where that is long and the one above it reads like a headline too, the one above.
    """
    repeated = Counter(u.text.casefold() for u in units)
    scores = {i: _title_score(units[i]) - _A_LINE_FURTHER * sum(1 for j in free if j > i) for i in free if is_title_like(units[i])}
    for i in scores:
        if repeated[units[i].text.casefold()] > 1 and units[i].words <= _PUBLISHER_WORDS_MOST:
            scores[i] -= _NO_HEADLINE
    best = max(scores, key=lambda i: scores[i], default=None)
    if best is None or scores[best] <= 0:
        return _only_line(units, scores)
    above = best - 1
    if scores.get(above, 0) > 0 and units[best].weight >= _SHORTEST_STANDFIRST and units[above].words > _SHORTEST_TITLE_WORDS:
        return above
    return best


def _only_line(units: Sequence[Unit], candidates: Iterable[int]) -> int | None:
    """The one line that is neither a section, a topic nor a publisher, however short: ``The Market``, ``鱼市将关闭两年``."""
    left = [
        i
        for i in candidates
        if not looks_like_publisher(units[i]) and units[i].text.casefold() not in _SECTION_NAMES and not units[i].text.endswith(")")
    ]
    return left[0] if len(left) == 1 and not units[left[0]].ends_sentence else None


def _title_score(unit: Unit) -> float:
    """How much a line reads like a headline."""
    score = min(unit.weight, _HEADLINE_ENOUGH)
    if unit.words < _SHORTEST_TITLE_WORDS:
        score -= _LITTLE_OF_A_HEADLINE
    if looks_like_publisher(unit) or unit.text.casefold() in _SECTION_NAMES:
        score -= _NO_HEADLINE
    if unit.text.endswith("."):
        score -= _LITTLE_OF_A_HEADLINE
    if re.search(r"\([A-Z]{2,6}\)$", unit.text):
        score -= _LITTLE_OF_A_HEADLINE
    return score


def name_the_rest(units: Sequence[Unit], free: Sequence[int], title: int | None, imprint: str) -> dict[int, DropReason]:
    """Roles of the lines that are neither the headline nor anything by their own form; ``imprint`` is the page's copyright line."""
    publishers = _publishers(units, [i for i in free if i != title], title, imprint)
    roles: dict[int, DropReason] = {}
    for i in free:
        unit = units[i]
        if i == title or (title is not None and unit.text.casefold() == units[title].text.casefold()):
            roles[i] = DropReason.TITLE
        elif unit.text.casefold() in publishers:
            roles[i] = DropReason.PUBLISHER
        elif title is not None and i > title and unit.weight >= _SHORTEST_STANDFIRST:
            roles[i] = DropReason.SUBTITLE
        elif title is not None and i > title and _is_bare_name(unit):
            roles[i] = DropReason.AUTHOR
        else:
            roles[i] = DropReason.SECTION if unit.words <= _LONGEST_SECTION_WORDS else DropReason.ADVERTISEMENT
    return roles


def _publishers(units: Sequence[Unit], labels: Sequence[int], title: int | None, imprint: str) -> frozenset[str]:
    """Which short lines name the publisher.

    Those that stand twice or in the imprint, else those with a publisher's word, else the one that no section is called like.
    """
    short = [i for i in labels if units[i].words <= _PUBLISHER_WORDS_MOST and units[i].text.casefold() not in _SECTION_NAMES]
    names = [units[i].text.casefold() for i in short]
    counts = Counter(names)
    told = [n for n in names if counts[n] > 1 or n in imprint]
    worded = [units[i].text.casefold() for i in short if looks_like_publisher(units[i])]
    others = {
        units[i].text.casefold()
        for i in short
        if not (title is not None and i > title and _is_bare_name(units[i])) and units[i].weight < _SHORTEST_STANDFIRST
    }
    if told or worded:
        return frozenset(told or worded)
    # A number or an acronym in brackets marks a topic or a document.
    others = {name for name in others if not name[-1].isdigit() and not name.endswith(")")}
    topics = any(units[i].text.casefold() in _SECTION_NAMES or units[i].text.endswith(")") for i in labels)
    return frozenset(others) if topics and len(others) == 1 else frozenset()


def _is_bare_name(unit: Unit) -> bool:
    """A line under the headline that is two or three capitalised words, as a name is: ``Jane Roe``."""
    words = unit.text.split()
    return (
        len(words) in {2, 3}
        and all(w[0].isupper() and w.replace("-", "").replace(".", "").isalpha() for w in words)
        and not unit.text.isupper()
    )
