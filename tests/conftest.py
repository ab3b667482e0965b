"""Fixtures that tests of several packages use."""

from browser import chromium, keep_picture, open_page

__all__ = ["chromium", "keep_picture", "open_page"]
