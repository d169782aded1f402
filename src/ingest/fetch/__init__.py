"""Candidates to pages: bytes with their provenance, within the limits."""
