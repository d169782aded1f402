"""The version of the extractor: it changes whenever the same bytes can give another article."""

EXTRACTOR_VERSION = "1"
