"""How many examples a law is tried on: a thousand where changes are checked, fewer at a developer's desk."""

import os

from hypothesis import settings

law = settings(max_examples=1000 if os.environ.get("CI") else 200)
