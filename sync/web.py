"""Where people look at a row online: on the service's own site, or beside an API that runs on this machine, as emulated ones do."""

from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def web_origin(api_url: str | None, site: str) -> str:
    """The origin of a row's web page. `api_url` is that of the API, None for the real one; `site` is the service's own."""
    if api_url and urlsplit(api_url).hostname in LOOPBACK:
        return api_url.rstrip("/")
    return site
