"""Which article a page is, and whether it has changed: pure functions of page and article."""
