"""Where the link to a row leads."""

import pytest

from sync.web import web_origin

SITE = "https://airtable.com"


@pytest.mark.parametrize(
    ("api_url", "origin"),
    [
        (None, SITE),
        ("https://api.airtable.com", SITE),
        ("https://proxy.internal/airtable", SITE),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://localhost:5000/", "http://localhost:5000"),
    ],
)
def test_row_is_looked_at_on_the_service_s_site_unless_the_service_runs_here(
    api_url: str | None, origin: str
) -> None:
    assert web_origin(api_url, SITE) == origin
