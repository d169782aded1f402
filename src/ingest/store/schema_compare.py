"""The tables that articles are compared by: for copies, and for what a source puts into all of its articles."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Boolean, ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, text

from ingest.store.schema import ARTICLE, INSTANT, NOW, SOURCE, column, metadata, one_of

article_sketch = Table(
    "article_sketch",
    metadata,
    column("article_id", BigInteger, "The article.", ForeignKey(ARTICLE), primary_key=True, autoincrement=False),
    column(
        "block_keys",
        ARRAY(BigInteger),
        "A number for each block of its text, in order, before what is learned is taken out; NULL for blocks that are never learned.",
    ),
    column(
        "removed_keys",
        ARRAY(BigInteger),
        "Those of them that were boilerplate when its text was made: taken out, unless they are most of it.",
    ),
    column("signature", LargeBinary, "MinHash of its text: 128 numbers of 32 bits; NULL for texts that are too short.", null=True),
    column("shingles", Integer, "Different runs of five words in its text.", null=True),
    schema="ops",
    comment="What articles are compared by: with their source's others for boilerplate, with all others for copies.",
)
sketch_band = Table(
    "sketch_band",
    metadata,
    column("band", BigInteger, "Hash of two numbers of the signature."),
    column("article_id", BigInteger, "The article."),
    PrimaryKeyConstraint("band", "article_id"),
    schema="ops",
    comment="What copies are looked up by: two copies have a band in common.",
)
boilerplate = Table(
    "boilerplate",
    metadata,
    column("source_id", BigInteger, "The source.", ForeignKey(SOURCE)),
    column("block_key", BigInteger, "The block's number: the same whatever its case, spacing and figures are."),
    column("sample", Text, "The block's text as it was when it was learned."),
    column("verdict", Text, "boilerplate, or text where a person said that it belongs to the articles."),
    column("evidence", Text, "What it was told by."),
    column("is_pinned", Boolean, "Whether a person gave the verdict.", server_default=text("false")),
    column("removed_from", BigInteger, "Versions of articles that it was removed from.", server_default=text("0")),
    column("learned_at", INSTANT, "When it was learned or pinned.", server_default=NOW),
    column("last_removed_at", INSTANT, "When it was last removed.", null=True),
    PrimaryKeyConstraint("source_id", "block_key"),
    one_of("verdict", "boilerplate", "text"),
    schema="ops",
    comment="What recurs in a source's articles and was found to be no part of them (docs/boilerplate.md).",
)
