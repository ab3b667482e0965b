"""Keeps other people's web pages away from what asks for no token: the page, the control endpoint and the mailbox.

The services' own paths need no such care, since nobody else knows the tokens.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit


def foreign_name(headers: Mapping[str, str]) -> str:
    """Why the Host header is not one of ours, or an empty text.

    A name that somebody else's server resolves to 127.0.0.1 (DNS rebinding) would make their page count as ours; an address
    or `localhost` cannot be taken over that way.
    """
    name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    if name == "localhost" or _address(name) is not None:
        return ""
    return f"the name {name!r} is not served here: use the address that the emulators printed"


def foreign_page(headers: Mapping[str, str]) -> str:
    """Why a browser's request comes from another site's page, or an empty text. Following a link to here is no such request."""
    own = f"http://{headers.get('host', '')}"
    if headers.get("origin", own) != own:
        return "another site's page may not ask here"
    crossing = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    return "another site's page may not ask here" if crossing and not _follows_a_link(headers) else ""


def is_loopback(address: str) -> bool:
    """Whether an address or name is this machine's own."""
    found = _address(address)
    return address == "localhost" or (found is not None and found.is_loopback)


def _follows_a_link(headers: Mapping[str, str]) -> bool:
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
