from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from ingest.extract.body.reading import Reading
from ingest.extract.metadata.elements import Attributes, Element

def read(tree: LexborHTMLParser, headlines: Sequence[str]) -> Reading: ...
def find_elements(
    tree: LexborHTMLParser,
) -> tuple[Attributes, list[Attributes], list[Attributes], list[str], str | None, list[Element]]: ...
def count_lean(tree: LexborHTMLParser) -> int: ...
