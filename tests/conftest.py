"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# Machines are shared: a property that takes long once is no defect. In CI the examples are the same each time,
# so that a change is judged by what it changes; elsewhere they are drawn anew.
settings.register_profile("isogloss", deadline=None)
settings.register_profile("isogloss-ci", deadline=None, derandomize=True)
settings.load_profile("isogloss-ci" if os.environ.get("CI") else "isogloss")
