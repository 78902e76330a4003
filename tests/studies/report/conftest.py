"""A small study's results, with names that nobody should trust."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from vivant.studies.report.parts import Part, Picture, Pictures, Plot, Series, Text

HOSTILE = "<script>alert('x')</script>\" onload='alert(1)' 顔 \u202e&amp; $x$ \udc80"


@pytest.fixture
def plain() -> dict[str, Any]:
    """Two engines on six clips of three people; the second is clearly worse."""
    rows = [
        {"engine": engine, "identity": f"p{clip % 3}", "clip": f"clip {clip}",
         "l1": worse + clip / 100, "akd": 10 * worse, "csim": 0.9 + clip / 1000,
         "regions": {"face": 0.01 * clip}}
        for engine, worse in (("mesh", 0.03), ("still", 0.06))
        for clip in range(6)
    ]  # fmt: skip
    rows[3]["clip"] = HOSTILE

    def mean(value: float) -> dict[str, float]:
        return {"mean": value, "low": value - 0.01, "high": value + 0.01,
                "rows": 6, "identities": 3}  # fmt: skip

    return {
        "study": "self",
        "title": f"Rebuilt from its first frame {HOSTILE}",
        "vivant": "0.1.0",
        "machine": {"system": "Linux", "cores": 2, "packages": {"numpy": "2.4"},
                    "taken": "2026-11-21T18:37:01+00:00"},
        "engines": [
            {"label": "mesh", "name": "mesh", "settings": {"strength": 0.5},
             "licence": "Apache-2.0"},
            {"label": "still", "name": "still", "settings": {}, "licence": None},
        ],
        "settings": {"seed": 0, "relative": True},
        "inputs": [
            {"kind": "clip", "name": HOSTILE, "identity": "p0", "category": None,
             "licence": "CC-BY-4.0", "rights": HOSTILE, "origin": "somewhere"},
        ],
        "metrics": {
            "l1": {"unit": "0 to 1", "higher_is_better": False, "about": "How far pixels are."},
            "akd": {"unit": "pixels", "higher_is_better": False, "about": "How far points are."},
            "csim": {"unit": "cosine", "higher_is_better": True, "about": "Who it is."},
        },
        "not_measured": {"fid": "no weights"},
        "summary": {"mesh": {"l1": mean(0.055), "akd": mean(0.3), "csim": mean(0.9025)},
                    "still": {"l1": mean(0.085), "akd": mean(0.6), "csim": mean(0.9024)}},
        "comparisons": [
            {"a": "mesh", "b": "still", "metric": "l1", "difference": -0.03, "low": -0.031,
             "high": -0.02, "pairs": 6, "better": "a"},
            {"a": "mesh", "b": "still", "metric": "akd", "difference": -0.3, "low": -0.4,
             "high": 0.2, "pairs": 6, "better": None},
            {"a": "mesh", "b": "still", "metric": "csim", "difference": 0.0001, "low": -0.001,
             "high": 0.001, "pairs": 6, "better": None},
        ],
        "extra": {},
        "rows": rows,
        "failed": [{"item": HOSTILE, "problem": HOSTILE}],
    }  # fmt: skip


@pytest.fixture
def own() -> list[Part]:
    """What only this study has: text, a plot, and a picture wider than a phone."""
    wide = np.full((60, 900, 3), 200, np.uint8)
    content = bytes(cv2.imencode(".png", wide)[1])
    return [
        Text("What it means", [HOSTILE, "A second paragraph."]),
        Plot("Over time", "lines", "frame", "l1", [Series(HOSTILE, [1, 2, 3], [0.1, None, 0.3])]),
        Pictures("Worst cases", [Picture(HOSTILE, content)], HOSTILE),
    ]
