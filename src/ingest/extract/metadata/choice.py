"""From candidates to the chosen, normalised metadata. Pure; the same for HTML pages and pages saved as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.extract.metadata.instants import Dated, choose_modified, choose_published, first_impossible, order, read_instants
from ingest.extract.metadata.kinds import choose_access, choose_type
from ingest.extract.metadata.language import choose_language
from ingest.extract.metadata.sections import choose_section
from ingest.extract.metadata.titles import choose_title, site_keys, title_key, titled_sites
from ingest.model import ArticleType, FieldCandidate, FieldProvenance, Instant, SourceRules
from ingest.normalise.names import clean_authors, is_organisation, name_key
from ingest.normalise.url import canonicalize, joined, resolve
from ingest.normalise.url_identity import is_home_page

if TYPE_CHECKING:
    from ingest.extract.metadata.offers import Candidates

_MOST_TOPICS = 40
_LONGEST_TOPIC = 100  # characters; longer ones are sentences
_SHORTEST_SUMMARY = 20  # characters
_LONGEST_PUBLISHER = 80  # characters; longer ones are copyright sentences
_DATE_ORIGINS = (
    "function", "rule", "jsonld:datePublished", "meta:article:published_time", "jsonld:page.datePublished",
    "microdata", "rdfa", "meta", "jsonld", "time_tag", "text", "feed", "sitemap", "url",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metadata:
    """The chosen facts; absent ones are None or empty."""

    title: str | None = None
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    author_organisations: tuple[str, ...] = ()
    publisher: str | None = None
    section: str | None = None
    published: Instant | None = None
    impossible_date: str | None = None
    modified: Instant | None = None
    language: str | None = None
    summary: str | None = None
    topics: tuple[str, ...] = ()
    image_url: str | None = None
    article_type: ArticleType | None = None
    is_free: bool | None = None
    canonical_url: str | None = None
    provenance: tuple[FieldProvenance, ...] = ()


def choose(candidates: Candidates, *, page_url: str | None, rules: SourceRules, detected_language: str | None) -> Metadata:
    """The best value of each field, normalised, with its origin and what else was on offer, best first."""
    offered = {field: tuple(candidates.get(field, ())) for field in _FIELDS}
    chosen = _Chosen()
    language, language_from = choose_language(offered["language"], detected_language, rules.language)
    chosen.note("language", language_from, offered["language"])
    publisher = chosen.first("publisher", [c for c in offered["publisher"] if _names_publisher(c)])
    publishers = tuple([c.value for c in offered["publisher"]])
    titled = choose_title(offered["title"], publishers, page_url)
    title = titled[0] if titled else None
    if titled:
        chosen.note("title", titled[1].origin, _best_first(offered["title"], titled[1]))
    section = choose_section(offered["section"], title, publisher)
    if section:
        chosen.note("section", section.origin, _best_first(offered["section"], section))
    dates = order(offered["published_at"], _DATE_ORIGINS)
    published = chosen.dated("published_at", choose_published(read_instants(dates, rules, language)), offered["published_at"])
    impossible = first_impossible(dates) if published is None else None
    if impossible:
        chosen.note("published_at", impossible.origin, _best_first(dates, impossible))
    changes = read_instants(offered["modified_at"], rules, language)
    modified = chosen.dated("modified_at", choose_modified(changes, published), offered["modified_at"])
    summary = chosen.first("summary", [c for c in offered["summary"] if _sums_up(c.value, title)])
    sites = site_keys(publishers, page_url)
    authors = chosen.authors(offered["authors"], sites | titled_sites(offered["title"], title))
    return Metadata(
        title=title,
        subtitle=chosen.first("subtitle", [c for c in offered["subtitle"] if title_key(c.value) != title_key(title or "")]),
        authors=authors,
        author_organisations=chosen.organisations(authors, offered["author_organisations"], sites),
        article_type=chosen.article_type(offered["article_type"], section, page_url),
        is_free=chosen.access(offered["is_free"]),
        publisher=publisher,
        section=section.value if section else None,
        published=published,
        impossible_date=impossible.value if impossible else None,
        modified=modified,
        language=language,
        summary=summary,
        topics=chosen.topics(offered["topics"]),
        image_url=chosen.url("image_url", offered["image_url"], page_url),
        canonical_url=chosen.canonical(offered["canonical_url"], page_url),
        provenance=tuple(chosen.provenance),
    )


_FIELDS = (
    "title", "subtitle", "authors", "publisher", "section", "published_at", "modified_at", "language", "summary", "topics", "image_url",
    "canonical_url", "author_organisations", "article_type", "is_free",
)  # fmt: skip


class _Chosen:
    """The choices of one page with their provenance."""

    def __init__(self) -> None:
        self.provenance: list[FieldProvenance] = []

    def note(self, field: str, origin: str, candidates: Sequence[FieldCandidate]) -> None:
        if origin:
            self.provenance.append(FieldProvenance(field, origin, tuple(candidates)))

    def first(self, field: str, candidates: Sequence[FieldCandidate]) -> str | None:
        """The first candidate that is left."""
        if not candidates:
            return None
        self.note(field, candidates[0].origin, candidates)
        return candidates[0].value

    def dated(self, field: str, best: Dated | None, candidates: Sequence[FieldCandidate]) -> Instant | None:
        if best is None:
            return None
        self.note(field, best[0].origin, _best_first(candidates, best[0]))
        return best[1]

    def authors(self, candidates: Sequence[FieldCandidate], sites: frozenset[str]) -> tuple[str, ...]:
        """The names from the most trusted place that names a person, else from the first that names the publisher."""
        of_site: tuple[str, tuple[str, ...]] | None = None
        lines = [c.value for c in candidates if c.origin == "text:byline"]
        introduced = any(not is_organisation(name) and title_key(name) not in sites for name in clean_authors(lines))
        for origin in dict.fromkeys(c.origin for c in candidates):
            names = clean_authors([c.value for c in candidates if c.origin == origin])
            if not names:
                continue
            if introduced and all(is_organisation(name) for name in names):
                continue  # a desk or an agency, where a line below the headline says who wrote it
            persons = [name for name in names if title_key(name) not in sites]
            if persons and (of_site is None or any(" " in name or not name.isascii() for name in persons)):
                return self._authors(origin, names, candidates)
            of_site = of_site or (origin, names)
        return self._authors(*of_site, candidates) if of_site else ()

    def _authors(self, origin: str, names: tuple[str, ...], candidates: Sequence[FieldCandidate]) -> tuple[str, ...]:
        self.note("authors", origin, _origin_first(candidates, origin))
        return names

    def organisations(self, authors: tuple[str, ...], declared: Sequence[FieldCandidate], sites: frozenset[str]) -> tuple[str, ...]:
        """Those of the authors that the page, or their own names, show to be organisations."""
        stated = {name_key(c.value): c for c in declared}
        found = tuple([name for name in authors if name_key(name) in stated or is_organisation(name) or title_key(name) in sites])
        if found:
            origin = next((stated[key].origin for name in found if (key := name_key(name)) in stated), "name")
            self.note("author_organisations", origin, declared)
        return found

    def article_type(
        self, candidates: Sequence[FieldCandidate], section: FieldCandidate | None, page_url: str | None
    ) -> ArticleType | None:
        chosen = choose_type(candidates, section, page_url)
        if chosen is None:
            return None
        self.note("article_type", chosen[1].origin, _best_first(candidates, chosen[1]))
        return chosen[0]

    def access(self, candidates: Sequence[FieldCandidate]) -> bool | None:
        chosen = choose_access(candidates)
        if chosen is None:
            return None
        self.note("is_free", chosen[1].origin, _best_first(candidates, chosen[1]))
        return chosen[0]

    def topics(self, candidates: Sequence[FieldCandidate]) -> tuple[str, ...]:
        """The topics from the most trusted place that has several, else from the first that has one, each once."""
        lists: dict[str, dict[str, str]] = {}
        for c in candidates:
            if len(c.value) <= _LONGEST_TOPIC:
                lists.setdefault(c.origin, {}).setdefault(c.value.casefold(), c.value)
        origin = next((origin for origin, topics in lists.items() if len(topics) > 1), next(iter(lists), None))
        if origin is None:
            return ()
        self.note("topics", origin, _origin_first(candidates, origin))
        return tuple(lists[origin].values())[:_MOST_TOPICS]

    def url(self, field: str, candidates: Sequence[FieldCandidate], page_url: str | None) -> str | None:
        for c in candidates:
            url = _absolute(page_url, c.value)
            if url:
                self.note(field, c.origin, _best_first(candidates, c))
                return url
        return None

    def canonical(self, candidates: Sequence[FieldCandidate], page_url: str | None) -> str | None:
        """The page's canonical URL; a declared home page is a template's mistake, and the page's own URL is the last resort."""
        declared = sorted(candidates, key=lambda c: c.origin != "link:canonical")
        for c in declared:
            url = resolve(page_url, c.value)
            if url and not is_home_page(url):
                self.note("canonical_url", c.origin, _best_first(candidates, c))
                return url
        url = resolve(None, page_url) if page_url else None
        if url:
            self.note("canonical_url", "page", candidates)
        return url


def _best_first(candidates: Sequence[FieldCandidate], best: FieldCandidate) -> list[FieldCandidate]:
    return [best, *[c for c in candidates if c != best]]


def _origin_first(candidates: Sequence[FieldCandidate], origin: str) -> list[FieldCandidate]:
    return [c for c in candidates if c.origin == origin] + [c for c in candidates if c.origin != origin]


def _names_publisher(candidate: FieldCandidate) -> bool:
    value = candidate.value
    return len(value) <= _LONGEST_PUBLISHER and not value.startswith(("@", "http", "©", "/"))


def _sums_up(text: str, title: str | None) -> bool:
    return len(text) >= _SHORTEST_SUMMARY and title_key(text) != title_key(title or "")


def _absolute(page_url: str | None, href: str) -> str | None:
    """The URL with its parameters: an image's address may need them all."""
    try:
        url = joined(page_url or None, href)
        canonicalize(url)
    except ValueError:
        return None
    return url
