"""Certificates for a web that speaks TLS: good ones, and those that a client must refuse."""

from __future__ import annotations

import ssl

import trustme


def server_context(*names: str, authority: trustme.CA | None = None) -> ssl.SSLContext:
    """What a server shows that claims these names or addresses.

    Without an authority nobody trusts it: one is made for it and forgotten. With one, its clients must know
    ``authority.configure_trust``; names that are not the server's make a certificate that does not match.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (authority or trustme.CA()).issue_cert(*names).configure_cert(context)
    return context
