"""Blocks and metadata to an article: the last step, the same for pages in HTML and pages saved as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import PageError
from ingest.extract.body import BodyHints, read_body
from ingest.extract.hidden_text import with_hidden_text
from ingest.extract.hints import with_hint
from ingest.extract.metadata import choose, read_candidates
from ingest.extract.metadata.author_links import read_author_links
from ingest.extract.metadata.head_lines import read_head_lines
from ingest.extract.metadata.language import choose_language, detect_language, primary_tag
from ingest.extract.plain_text import read_plain_text
from ingest.extract.read_page import ReadPage
from ingest.extract.site_rules import drop_by_text, mark_elements, preferred, rule_candidates
from ingest.extract.tree import parse_html
from ingest.extract.version import version_with
from ingest.model import Article, FieldProvenance, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.extract.metadata import Metadata
    from ingest.model import Candidate, Limits, RuleEffect

_MOST_CANDIDATES = 20  # a field in the provenance: beyond that, a page repeats itself
_LONGEST_CANDIDATE = 1_000  # characters of a candidate in the provenance


def article_of_html(text: bytes, candidate: Candidate, limits: Limits) -> Article:
    """The article on an HTML page, in UTF-8.

    Raises:
        PageError: ``too_deep``, ``rule_failed``, or ``no_article_text`` where nothing on the page is an article.
    """
    url, rules = candidate.url, candidate.rules
    ruled = bool(rules.fingerprint)
    tree = parse_html(text, limits.max_tree_depth, whole=ruled)  # people may select anything
    effects = mark_elements(tree, rules) if ruled else []
    candidates = with_hint(read_candidates(tree, url), candidate.hint)
    overrides = None
    if ruled:
        found, more = rule_candidates(tree, rules)
        effects += more
        candidates = preferred(found, candidates)
    if rules.function:
        from ingest.extract.site_function import call_function  # BeautifulSoup: 50 ms to import, for the sources that want it

        overrides = call_function(text, rules)
        candidates = preferred(overrides.candidates, candidates)
        effects += overrides.effects
    article_body = next((c.value for c in candidates.pop("article_body", ())), None)
    metadata = choose(candidates, page_url=url, rules=rules, detected_language=None)
    hints = BodyHints(
        title=metadata.title,
        headlines=tuple({metadata.title or "": None} | {c.value: None for c in candidates.get("title", ()) if c.origin == "h1"}),
        subtitle=metadata.subtitle,
        authors=metadata.authors,
        publisher=metadata.publisher,
        jsonld_body=article_body,
        summary=metadata.summary,
        ruled=ruled,
    )
    blocks = read_body(tree, hints)
    names_person = len(metadata.authors) > len(metadata.author_organisations)
    if (not names_person or metadata.published is None) and (lines := read_head_lines(blocks)):
        candidates = preferred(candidates, lines)
        metadata = choose(candidates, page_url=url, rules=rules, detected_language=None)
    if not metadata.authors and (links := read_author_links(tree, metadata.title, blocks)):
        candidates = {**candidates, "authors": (*candidates.get("authors", ()), *links)}
        metadata = choose(candidates, page_url=url, rules=rules, detected_language=None)
    if not rules.body:
        blocks = with_hidden_text(blocks, text, metadata.title, article_body)
    if overrides:
        blocks = overrides.applied_to(blocks)
    blocks, more = drop_by_text(blocks, rules)
    return _article(ReadPage(blocks, candidates), metadata, candidate, (*effects, *more))


def article_of_text(text: str, candidate: Candidate) -> Article:
    """The article on a page that was saved as plain text; of its source's rules only those on text apply.

    Raises:
        PageError: ``no_article_text`` where the text holds no article.
    """
    page = read_plain_text(text)
    page = ReadPage(page.blocks, with_hint(page.candidates, candidate.hint))
    metadata = choose(page.candidates, page_url=candidate.url, rules=candidate.rules, detected_language=None)
    blocks, effects = drop_by_text(page.blocks, candidate.rules)
    return _article(ReadPage(blocks, page.candidates), metadata, candidate, effects)


def _article(page: ReadPage, metadata: Metadata, candidate: Candidate, effects: Iterable[RuleEffect]) -> Article:
    body = "\n\n".join([b.text for b in page.blocks if b.kept])
    if not body:
        raise PageError(Stage.EXTRACT, "no_article_text", "Nothing on the page is an article's text.")
    rules = candidate.rules
    declared = page.candidates.get("language", ())
    expected = primary_tag(declared[0].value) if declared else None
    language, language_from = choose_language(declared, detect_language(body, expected), rules.language)
    provenance = [p for p in metadata.provenance if p.field != "language"]
    if language:
        provenance.append(FieldProvenance("language", language_from, tuple(declared)))
    return Article(
        url=candidate.url,
        canonical_url=metadata.canonical_url,
        title=metadata.title,
        body=body,
        subtitle=metadata.subtitle,
        authors=metadata.authors,
        author_organisations=metadata.author_organisations,
        publisher=metadata.publisher,
        section=metadata.section,
        published=metadata.published,
        impossible_date=metadata.impossible_date,
        modified=metadata.modified,
        language=language,
        summary=metadata.summary,
        topics=metadata.topics,
        image_url=metadata.image_url,
        article_type=metadata.article_type,
        is_free=metadata.is_free,
        blocks=page.blocks,
        provenance=tuple([_bounded(p) for p in provenance]),
        rule_effects=tuple(effects),
        extractor_version=version_with(rules),
    )


def _bounded(p: FieldProvenance) -> FieldProvenance:
    if len(p.candidates) <= _MOST_CANDIDATES and all(len(c.value) <= _LONGEST_CANDIDATE for c in p.candidates):
        return p
    kept = tuple(type(c)(c.origin, c.value[:_LONGEST_CANDIDATE]) for c in p.candidates[:_MOST_CANDIDATES])
    return FieldProvenance(p.field, p.chosen_from, kept)
