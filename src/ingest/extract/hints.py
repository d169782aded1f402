"""What the list that named a page says of it: offered last, for what the page itself does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.model import FieldCandidate

if TYPE_CHECKING:
    from ingest.extract.metadata.offers import Candidates
    from ingest.model import Hint


def with_hint(candidates: Candidates, hint: Hint | None) -> dict[str, tuple[FieldCandidate, ...]]:
    """The candidates of a page with those of its list behind them."""
    if hint is None:
        return dict(candidates)
    offered: dict[str, list[str | None]] = {
        "title": [hint.title],
        "published_at": [hint.published.isoformat() if hint.published else None],
        "authors": list(hint.authors),
        "language": [hint.language],
    }
    more = {field: tuple([FieldCandidate(f"{hint.origin}:entry", value) for value in values if value]) for field, values in offered.items()}
    return {field: candidates.get(field, ()) + more.get(field, ()) for field in {**candidates, **more}}
