from __future__ import annotations

from collections import Counter

from vivant.training.clips import split


def test_every_identity_belongs_to_one_of_three_parts() -> None:
    parts = Counter(split().values())
    assert set(parts) == {"train", "validation", "test"}
    assert parts["train"] > parts["test"] > parts["validation"] > 0
