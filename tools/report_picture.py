"""Take the picture of a report that the README shows: `python tools/report_picture.py REPORT OUT`.

Wants playwright and a Chromium (the variable CHROME names another program).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1280, 1180


def main() -> None:
    """Open the report and keep its first screen."""
    report, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    program = os.environ.get("CHROME") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(report.as_uri())
        page.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    main()
