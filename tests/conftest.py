"""Fixtures that tests of several packages use, and the checks that hold for every test."""

from browser import chromium, keep_picture, open_page
from google_answers import google_answers_pass_discovery, google_violations
from postgres import databases

__all__ = [
    "chromium",
    "databases",
    "google_answers_pass_discovery",
    "google_violations",
    "keep_picture",
    "open_page",
]
