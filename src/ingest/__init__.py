"""News articles from pages to clean rows in Postgres."""

__version__ = "0.1.0"
