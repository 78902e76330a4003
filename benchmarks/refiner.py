"""Judge a trained refiner against the mesh engine alone, clip by clip.

    VIVANT_DATA=folder python benchmarks/refiner.py TRAINED validation test

TRAINED is the folder of a training, as `vivant.training.refiner` leaves it; the best network
is judged, and the curves are recorded too. The first frame of a clip is
the portrait, eight others drive it. Figures go to `results/refiner.json`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from record import record
from safetensors.torch import load_file

from vivant.training.clips import Part, clips
from vivant.training.network import Refiner
from vivant.training.pairs import Pairs
from vivant.training.refiner import JUDGED, judge, judged

KEPT = "mean."
"""What the averaged weights are called in a checkpoint."""


def main(trained: Path, parts: list[Part]) -> None:
    """Judge the network on each part."""
    network = Refiner()
    tensors = load_file(trained / "best" / "checkpoint.safetensors")
    network.load_state_dict({k.removeprefix(KEPT): v for k, v in tensors.items() if KEPT in k})
    figures: dict[str, Any] = {"weights": sum(p.numel() for p in network.parameters())}
    for part in parts:
        pairs = Pairs(clips(Path(os.environ["VIVANT_DATA"]), trained / "tracked", part), JUDGED)
        found = judged(pairs)
        rows = {
            clip.name: judge(network, [batch])
            for clip, batch in zip(pairs.clips, found, strict=True)
        }
        means = {
            name: round(float(np.mean([row[name] for row in rows.values()])), 5)
            for name in next(iter(rows.values()))
        }
        better = sum(row["l1"] < row["l1_mesh"] for row in rows.values())
        figures[part] = {"clips": len(rows), "better": better, **means, "by clip": rows}
    figures["training"] = json.loads((trained / "curves.json").read_text(encoding="utf-8"))
    record("refiner", figures)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
