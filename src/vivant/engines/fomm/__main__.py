"""Lets `python -m vivant.engines.fomm` take the words of the method's public `demo.py`."""

from __future__ import annotations

import sys

from vivant.cli.dropin import main

if __name__ == "__main__":
    sys.exit(main())
