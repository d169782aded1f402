"""Targets to candidates: what the user names becomes single article pages."""
