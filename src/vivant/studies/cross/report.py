"""What the cross study tells beyond the means: by expression, and the weakest pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from vivant.metrics.expression import GROUPS
from vivant.studies.report.parts import Part, Plot, Series, Table, Text
from vivant.studies.results import mean_of
from vivant.studies.study import Done

DECILE: Final = "The identity that nine of ten frames of all pairs exceed."
_WORST: Final = 10
_PERCENT: Final = 10


def decile(cosines: Sequence[float]) -> dict[str, float]:
    """Return the worst decile of all frames' identities; empty where none was read.

    >>> decile([])
    {}
    """
    return {"csim_worst_decile": float(np.percentile(cosines, _PERCENT))} if cosines else {}


def extra(done: Sequence[Done], labels: Sequence[str]) -> dict[str, Any]:
    """Return counts, and correlation and slope by expression, for each method."""
    found: dict[str, Any] = {"key_metrics": ["csim", "correlation", "background"]}
    for label in labels:
        rows = [row for one in done for row in one.outcome.rows if row["engine"] == label]
        found[label] = {
            "pairs": len(rows),
            "frames": sum(row["frames"] for row in rows),
            "faces_missed": sum(row["faces_missed"] for row in rows),
            "drawn_missed": sum(row["drawn_missed"] for row in rows),
            "correlations": mean_of([row["correlations"] for row in rows]),
            "slopes": mean_of([row["slopes"] for row in rows]),
        }
    return found


def parts(plain: Mapping[str, Any]) -> list[Part]:
    """Return the parts of the report.

    Args:
        plain: what `results.json` holds.
    """
    extra = {label: plain["extra"][label] for label in plain["summary"]}
    counts = [
        f"{label}: {found['pairs']} pairs, {found['frames']} frames, {found['faces_missed']} "
        f"frames of drivers and {found['drawn_missed']} drawn frames without a face."
        for label, found in extra.items()
    ]
    protocol = (
        "Every portrait is driven by every driver; the change since the driver's rest is carried "
        "over. There is no true frame: measured is whether the person stays who it is, the "
        "expressions follow the driver's, and the background stands still."
    )
    done = Text("What was done", [protocol, *counts])
    groups = [
        [label, name, found["correlations"].get(name), found["slopes"].get(name)]
        for label, found in extra.items()
        for name in GROUPS
    ]
    slopes = Plot(
        "How far expressions are carried over", "bars", "expression", "slope",
        [Series(label, list(GROUPS), [found["slopes"].get(name) for name in GROUPS])
         for label, found in extra.items()],
        "Slope of the drawn face's scores on the driver's: 1 follows fully, under it is timid.",
    )  # fmt: skip
    table = Table("By expression", ["method", "expression", "correlation", "slope"], groups)
    return [done, slopes, table, *(_weakest(plain, label) for label in extra)]


def _weakest(plain: Mapping[str, Any], label: str) -> Table:
    own = [row for row in plain["rows"] if row["engine"] == label]
    ranked = sorted(own, key=lambda row: row.get("correlation", 1.0))[:_WORST]
    names = ("correlation", "csim", "background")
    rows = [[row["portrait"], row["driver"], *(row.get(name) for name in names)] for row in ranked]
    return Table(f"The weakest pairs of {label}", ["portrait", "driver", *names], rows, folded=True)
