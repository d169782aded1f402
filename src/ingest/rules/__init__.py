"""Rules that people write for a site: read from files, checked, found by a page's host (see ``docs/site-rules.md``)."""
