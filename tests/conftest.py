"""Fixtures that tests of several packages use, and the checks that hold for every test."""

from hypothesis import settings

from tests.browser import chromium, keep_picture, open_page
from tests.google_answers import google_answers_pass_discovery, google_violations
from tests.postgres import copy_of, databases, on_both_stores, schemas, server, stores

__all__ = [
    "chromium",
    "copy_of",
    "databases",
    "google_answers_pass_discovery",
    "google_violations",
    "keep_picture",
    "open_page",
    "schemas",
    "server",
    "stores",
]

pytest_generate_tests = on_both_stores

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")
