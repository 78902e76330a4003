"""Lets `python -m vivant` do what `vivant` does."""

from __future__ import annotations

import sys

from vivant.cli import main

if __name__ == "__main__":
    sys.exit(main())
