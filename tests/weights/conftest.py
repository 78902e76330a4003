"""Checkpoints as the public code saves them, small and made on the spot."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def weights_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of added weights of a home of this test's own."""
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "weights"
