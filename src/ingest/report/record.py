"""A page's result as a record: the fields that scripts read from `ingest extract --jsonl`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ingest.extract.version import version_with
from ingest.model import Article, Instant, PageResult

if TYPE_CHECKING:
    from ingest.model import Block

_ABSENT: dict[str, Any] = {
    "url": None,
    "canonical_url": None,
    "title": None,
    "subtitle": None,
    "authors": [],
    "author_organisations": [],
    "publisher": None,
    "section": None,
    "published_at": None,
    "published_precision": None,
    "published_from": None,
    "published_tz_from": None,
    "modified_at": None,
    "language": None,
    "summary": None,
    "topics": [],
    "image_url": None,
    "article_type": None,
    "is_free": None,
    "body": None,
    "blocks_dropped": [],
}


def as_record(result: PageResult) -> dict[str, Any]:
    """The record of a page: every field is always there, an absent fact is None, a failure fills ``error``."""
    record = {"path": result.candidate.path, **_ABSENT}
    if isinstance(result.result, Article):
        record |= _article_fields(result.result)
        record["error"] = None
    else:
        rejection = result.result
        record["url"] = result.candidate.url
        record["error"] = {"stage": str(rejection.stage), "reason": rejection.reason, "message": rejection.message}
    return record | {"extractor_version": version_with(result.candidate.rules), "seconds": round(result.seconds, 6)}


def as_json(result: PageResult) -> str:
    """The record as one line of JSON that every UTF-8 reader accepts."""
    line = json.dumps(as_record(result), ensure_ascii=False)
    return line.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate in a page has no UTF-8 form


def as_explanation(result: PageResult) -> dict[str, Any]:
    """The record of a page with all its blocks, the candidates of each field, and what its source's rules did."""
    article = result.result
    if not isinstance(article, Article):
        return as_record(result) | {"blocks": [], "provenance": [], "rules": []}
    return as_record(result) | {
        "blocks": [{"kind": b.kind, "reason": b.reason, "text": b.text} for b in article.blocks],
        "provenance": [
            {"field": p.field, "chosen_from": p.chosen_from, "candidates": [{"origin": c.origin, "value": c.value} for c in p.candidates]}
            for p in article.provenance
        ],
        "rules": [{"key": e.key, "value": e.value, "matches": e.matches} for e in article.rule_effects],
    }


def as_text(result: PageResult) -> str:
    """The article as a person would read it, or why there is none."""
    article = result.result
    if not isinstance(article, Article):
        return f"{result.candidate.path}: {article.reason}: {article.message}\n"
    published = article.published.at.isoformat(" ", "minutes") if article.published else None
    byline = " · ".join(filter(None, [", ".join(article.authors), article.publisher, published, article.section]))
    return "\n\n".join(filter(None, [article.title, article.subtitle, byline, article.body])) + "\n"


def _article_fields(article: Article) -> dict[str, Any]:
    return {
        "url": article.url,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "subtitle": article.subtitle,
        "authors": list(article.authors),
        "author_organisations": list(article.author_organisations),
        "publisher": article.publisher,
        "section": article.section,
        **_published_fields(article),
        "modified_at": article.modified.at.isoformat() if article.modified else None,
        "language": article.language,
        "summary": article.summary,
        "topics": list(article.topics),
        "image_url": article.image_url,
        "article_type": article.article_type and str(article.article_type),
        "is_free": article.is_free,
        "body": article.body,
        "blocks_dropped": [_dropped(b) for b in article.blocks_dropped],
    }


def _published_fields(article: Article) -> dict[str, Any]:
    published: Instant | None = article.published
    if published is None:
        return {}
    origin = next((p.chosen_from for p in article.provenance if p.field == "published_at"), None)
    return {
        "published_at": published.at.isoformat(),
        "published_precision": str(published.precision),
        "published_from": origin.partition(":")[0] if origin else None,
        "published_tz_from": str(published.tz_from),
    }


def _dropped(block: Block) -> dict[str, str]:
    return {"reason": str(block.reason), "kind": str(block.kind), "text": block.text}
