"""What all tests share: property tests that repeat, a home of their own, real faces."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

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
