"""How Hypothesis searches: with new examples each time by hand, with the same ones in CI."""

import os

from hypothesis import settings

settings.register_profile("development", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "development")
