"""The addresses of records on the services' own sites: here they lead to the page, at that record.

airtable.com/BASE/TABLE/RECORD, and docs.google.com/spreadsheets/d/ID/edit#gid=…&range=A5, whose fragment stays in the browser.
"""

import re
from urllib.parse import urlencode

AIRTABLE = re.compile(r"/(?P<base>app\w+)/(?P<table>tbl\w+)(?:/viw\w+)?(?:/(?P<record>rec\w+))?")
SHEETS = re.compile(r"/spreadsheets/d/(?P<spreadsheet>[\w-]+)(?:/edit)?")


def address_on_page(path: str) -> str | None:
    """Where on the page such an address leads; None for any other path."""
    found = AIRTABLE.fullmatch(path) or SHEETS.fullmatch(path)
    if found is None:
        return None
    return "/?" + urlencode({name: text for name, text in found.groupdict().items() if text})
