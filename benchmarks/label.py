"""Measure what the visible label costs a frame, and how often it is seen where there is none.

    python benchmarks/label.py [--out benchmarks/results/label.json] [--faces FOLDER]

Drawing is timed on one core, label and opening card, at 512x512 and 1920x1080. With
--faces (a folder of pictures and clips without labels, searched through; or the variable
VIVANT_DATA) it also looks for labels in them; and it looks for labels in the sample portrait,
encoded by x264, in every language.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from vivant import samples
from vivant.errors import VivantError
from vivant.marks import Label, LabelSettings
from vivant.marks.label_seen import LIKE, find_label
from vivant.marks.words import WORDS
from vivant.media import read_image

FRAMES = 300
SIZES = ((512, 512), (1920, 1080))
ENCODED = ((1920, 1080, 23), (1280, 720, 28), (640, 360, 30), (426, 240, 34))
"""Width, height and crf."""
KINDS = {".jpg", ".jpeg", ".png", ".webp", ".mp4", ".webm", ".mov"}


def cost(width: int, height: int, card: float) -> float:
    """Return the median milliseconds that drawing takes, with a face to keep off."""
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    label = Label(LabelSettings(card=card), width, height)
    face = [(0.3 * width, 0.2 * height, 0.4 * width, 0.5 * height)]
    spent = []
    for _ in range(FRAMES):
        begun = time.perf_counter()
        label.draw(image, face, 0)
        spent.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(spent)


def encoded(image: np.ndarray, path: Path, width: int, height: int, crf: int) -> None:
    """Write a short clip of one picture, scaled and encoded."""
    shown = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(stream.encode())


def read_back() -> dict[str, dict[str, float | None]]:
    """Return how alike the label is after encoding, by size and language; None: not seen."""
    found: dict[str, dict[str, float | None]] = {}
    whole = cv2.resize(read_image(samples.portrait()), (1920, 1080))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        for language, words in WORDS.items():
            image = whole.copy()
            Label(LabelSettings(language=language), 1920, 1080).draw(image)
            for width, height, crf in ENCODED:
                encoded(image, path, width, height, crf)
                seen = find_label(path)
                alike = seen.likeness if seen is not None and seen.text == words.label else None
                found.setdefault(f"{width}x{height} crf {crf}", {})[language] = alike
    return found


def seen_in(folder: Path) -> dict[str, object]:
    """Return in how many files without a label one is seen."""
    looked, unread, wrong = 0, 0, []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in KINDS:
            continue
        try:
            found = find_label(path)
        except VivantError:
            unread += 1
            continue
        looked += 1
        wrong += [] if found is None else [path.name]
    return {"files": looked, "unread": unread, "seen": wrong}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/label.json"))
    parser.add_argument("--faces", type=Path, default=os.environ.get("VIVANT_DATA"))
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    told: dict[str, object] = {
        "milliseconds": {
            f"{width}x{height}": {
                name: round(cost(width, height, card), 3)
                for name, card in (("label", 0.0), ("card", 2.0))
            }
            for width, height in SIZES
        },
        "threshold": LIKE,
        "likeness": read_back(),
    }
    if asked.faces is not None:
        told["without_label"] = seen_in(Path(asked.faces))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
