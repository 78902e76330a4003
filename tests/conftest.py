"""What all tests share: property tests that repeat, a home of their own, real faces."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    deadline=None,
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("default")


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of real faces, or skip the test where there is none."""
    folder = os.environ.get("VIVANT_DATA")
    if not folder:
        pytest.skip("needs real faces: set VIVANT_DATA to their folder")
    return Path(folder)


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep certificates and remembered answers of the tests out of the user's home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIVANT_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("VIVANT_CONSENT", raising=False)
        yield


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Return a real browser without a window, or skip the test where there is none.

    One for all: two of playwright's loops do not go together in a process.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright to drive one")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
    program = os.environ.get("CHROME") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("needs a Chromium: install one, or name it in the variable CHROME")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
