"""One form for the values that pages write in many: URLs, names, text, dates. Pure functions on strings."""
