"""JSON-LD objects of a page: found at any depth, and the one chosen that describes this page's article (schema.org/Article)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from ingest.extract.metadata.offers import BODY, Offers

Node = dict[str, Any]

_NESTED = (dict, list)  # a tuple: `dict | list` would be made anew for each of a page's thousand values
_MOST_NODES = 5_000  # objects and lists looked at; real pages hold up to some 1,500 (live blogs)
_MOST_REFERENCES = 4  # steps from an @id to the object that carries the name
_LONGEST_KEYWORDS = 5_000  # characters of one list of keywords
_LONGEST_TYPE = 200  # characters of one type's name with its vocabulary's address
_MOST_ITEMS = 60  # of one list of authors, keywords, breadcrumbs

_ARTICLE_TYPES = frozenset({
    "article", "newsarticle", "reportagenewsarticle", "opinionnewsarticle", "analysisnewsarticle", "backgroundnewsarticle",
    "askpublicnewsarticle", "reviewnewsarticle", "liveblogposting", "blogposting", "socialmediaposting", "discussionforumposting",
    "report", "scholarlyarticle", "medicalscholarlyarticle", "techarticle", "satiricalarticle", "advertisercontentarticle", "review",
    "criticreview", "recipe", "claimreview",
})  # fmt: skip
_ORGANISATION_TYPES = frozenset({"organization", "newsmediaorganization", "corporation", "localbusiness", "governmentorganization", "ngo"})
_PAGE_TYPES = frozenset({"webpage", "itempage", "collectionpage", "aboutpage"})
_MEDIA_TYPES = frozenset({"videoobject", "audioobject", "podcastepisode", "imagegallery", "mediagallery"})
# Properties that lead to the page's own article; whatever else holds an article (lists, related, parts) holds another one.
_OWN = frozenset({"@graph", "mainentity", "mainentityofpage", "mainentityofthepage"})


class Found(NamedTuple):
    """An object with its types in lower case; ``own`` where only lists, graphs and main entities lead to it."""

    node: Node
    types: frozenset[str]
    own: bool


def offer_jsonld(offers: Offers, documents: Iterable[object], page_urls: frozenset[str]) -> None:
    """Add what the page's JSON-LD says of its article, then of the page around it."""
    found = list(_walk(documents))
    by_id = _index(found)
    articles = sorted((f for f in found if f.types & _ARTICLE_TYPES), key=lambda f: _fitness(f, page_urls), reverse=True)
    others = [f for f in found if f.own and f.types & _PAGE_TYPES] + [f for f in found if f.own and f.types & _MEDIA_TYPES]
    if articles and (articles[0].own or not others):
        _offer_article(offers, articles[0].node, by_id, "jsonld")
    for other in others[:3]:
        _offer_article(offers, other.node, by_id, f"jsonld:{_kind(other)}")
    for crumbs in [f for f in found if "breadcrumblist" in f.types][:2]:
        _offer_breadcrumbs(offers, crumbs.node)
    for site in [f for f in found if "website" in f.types and f.own][:1]:
        offers.add("publisher", "jsonld:website", site.node.get("name"))


def _walk(documents: Iterable[object]) -> Iterator[Found]:
    """All objects, outer ones first, without recursion."""
    waiting: deque[tuple[object, bool]] = deque((document, True) for document in documents)
    seen = 0
    while waiting and seen < _MOST_NODES:
        value, own = waiting.popleft()
        seen += 1
        if isinstance(value, list):
            waiting.extend((item, own) for item in value[:_MOST_NODES] if isinstance(item, _NESTED))
        elif isinstance(value, dict):
            if "@type" in value or "@id" in value:
                yield Found(value, _types(value.get("@type")), own)
            for key, child in value.items():
                if isinstance(child, _NESTED):
                    waiting.append((child, own and key.lower() in _OWN))


def _types(stated: object) -> frozenset[str]:
    if isinstance(stated, str):
        return _type_names((stated,))
    return _type_names(tuple(name for name in stated[:_MOST_ITEMS] if isinstance(name, str))) if isinstance(stated, list) else frozenset()


@lru_cache(maxsize=1_024)
def _type_names(names: tuple[str, ...]) -> frozenset[str]:
    """The names in lower case, without the vocabulary's address or prefix."""
    return frozenset(name[:_LONGEST_TYPE].rpartition("/")[2].rpartition(":")[2].lower() for name in names)


def _index(found: list[Found]) -> dict[str, Node]:
    """The fullest object for each ``@id``."""
    by_id: dict[str, Node] = {}
    for f in found:
        name = f.node.get("@id")
        if isinstance(name, str) and len(f.node) > len(by_id.get(name, ())):
            by_id[name] = f.node
    return by_id


def _fitness(found: Found, page_urls: frozenset[str]) -> tuple[bool, bool, int]:
    """How surely an article is the page's own: it says so by its URL, by its place, by its fullness."""
    node = found.node
    main = node.get("mainEntityOfPage")
    stated = [node.get("url"), node.get("@id"), main, main.get("@id") if isinstance(main, dict) else None]
    matches = any(page_key(url) in page_urls for url in stated if isinstance(url, str))
    fullness = sum(bool(node.get(key)) for key in ("headline", "datePublished", "author", "articleBody", "publisher", "dateModified"))
    return found.own, matches, fullness


def page_key(url: str) -> str:
    """What two URLs of one page have in common: host and path without ``www.``, trailing slash, query and fragment."""
    _, _, rest = url.strip().partition("//")
    host, slash, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return f"{host.rpartition('@')[2].lower().removeprefix('www.')}{(slash + path).rstrip('/')}" if host else ""


def _kind(found: Found) -> str:
    return "page" if found.types & _PAGE_TYPES else "media"


_SINGLE = (
    *(("title", key) for key in ("headline", "name", "alternativeHeadline")),
    *(("subtitle", key) for key in ("alternativeHeadline", "alternateName")),
    *(("published_at", key) for key in ("datePublished", "uploadDate", "dateCreated")),
    ("modified_at", "dateModified"),
    *(("summary", key) for key in ("description", "abstract")),
    ("section", "articleSection"),
    ("canonical_url", "url"),
    *((BODY, key) for key in ("articleBody", "text")),
)
"""The fields that take one value, and the properties that give it, the most trusted first."""


def _offer_article(offers: Offers, node: Node, by_id: dict[str, Node], prefix: str) -> None:
    def origin(key: str) -> str:
        return f"{prefix}:{key}" if prefix == "jsonld" else f"{prefix}.{key}"

    for field, key in _SINGLE:
        if (value := node.get(key)) is not None:
            offers.add(field, origin(key), _first(value))
    offers.add("language", origin("inLanguage"), _language(node.get("inLanguage")))
    _offer_authors(offers, node, by_id, origin)
    for name in sorted(_types(node.get("@type"))):
        offers.add("article_type", origin("@type"), name)
    _offer_access(offers, node, origin)
    for key in ("publisher", "sourceOrganization"):
        for name in list(_party_names(node.get(key), by_id))[:1]:
            offers.add("publisher", origin(key), name)
    for topic in _topics(node):
        offers.add("topics", origin("keywords"), topic)
    offers.add("image_url", origin("image"), _image(node.get("image"), by_id))
    offers.add("image_url", origin("thumbnailUrl"), _first(node.get("thumbnailUrl")))


def _offer_authors(offers: Offers, node: Node, by_id: dict[str, Node], origin: Callable[[str], str]) -> None:
    """The authors' names, and those among them that are organisations by their type."""
    for key in ("author", "creator"):
        for item in _items(node.get(key)):
            party = _resolved(item, by_id)
            is_organisation = isinstance(party, dict) and bool(_types(party.get("@type")) & _ORGANISATION_TYPES)
            for name in _party_names(party, by_id):
                offers.add("authors", origin(key), name)
                if is_organisation:
                    offers.add("author_organisations", origin(key), name)


def _offer_access(offers: Offers, node: Node, origin: Callable[[str], str]) -> None:
    """Whether the article, or else a part of it, may be read by everybody."""
    if "isAccessibleForFree" in node:
        offers.add("is_free", origin("isAccessibleForFree"), str(_first(node["isAccessibleForFree"])))
    for part in _items(node.get("hasPart")):
        if isinstance(part, dict) and "isAccessibleForFree" in part:
            offers.add("is_free", origin("hasPart"), str(_first(part["isAccessibleForFree"])))


def _first(value: object) -> object:
    """The value itself, the first of a list, or what an object with ``@value`` holds."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value")
    return value


def _items(value: object) -> list[object]:
    if isinstance(value, list):
        return value[:_MOST_ITEMS]
    if isinstance(value, dict) and isinstance(value.get("@list"), list):
        return list(value["@list"][:_MOST_ITEMS])
    return [] if value is None else [value]


def _party_names(value: object, by_id: dict[str, Node]) -> Iterator[str]:
    """The names of persons or organisations, given as text, as objects, or as references to objects elsewhere."""
    for item in _items(value):
        party = _resolved(item, by_id)
        if isinstance(party, str):
            yield party
        elif isinstance(party, dict):
            names = _items(party.get("name"))
            given, family = _first(party.get("givenName")), _first(party.get("familyName"))
            if not names and isinstance(given, str) and isinstance(family, str):
                names = [f"{given} {family}"]
            for name in names:
                text = _first(name)
                if isinstance(text, str):
                    yield text


def _resolved(item: object, by_id: dict[str, Node]) -> object:
    """The object that a reference by ``@id`` stands for."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(item, dict) or item.get("name") or not isinstance(item.get("@id"), str):
            return item
        item = by_id.get(item["@id"], item)
    return item


def _topics(node: Node) -> Iterator[object]:
    for item in _items(node.get("keywords")):
        text = item.get("name") if isinstance(item, dict) else item
        if isinstance(text, str):
            yield from text[:_LONGEST_KEYWORDS].split(",")[:_MOST_ITEMS]
    for item in _items(node.get("about")):
        if isinstance(item, dict):
            yield _first(item.get("name"))


def _image(value: object, by_id: dict[str, Node]) -> object:
    for item in _items(value)[:1]:
        image = _resolved(item, by_id)
        if isinstance(image, dict):
            return _first(image.get("url")) or _first(image.get("contentUrl"))
        return image
    return None


def _language(value: object) -> object:
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, dict):
        return value.get("alternateName") or value.get("name")
    return value


def _offer_breadcrumbs(offers: Offers, node: Node) -> None:
    """Each step of the way from the home page, outermost first; the choice drops the home page and the article itself."""
    for step in _items(node.get("itemListElement")):
        if not isinstance(step, dict):
            continue
        item = step.get("item")
        offers.add(
            "section", "jsonld:breadcrumb", _first(step.get("name")) or (_first(item.get("name")) if isinstance(item, dict) else None)
        )
