r"""Fit how the un-posed face changes with each expression score.

    VIVANT_DATA=folder python tools/fit_expression.py CACHE \
        src/vivant/weights/files/expression.npz benchmarks/results/expression.json

Looks at every clip of the folder's manifest, which says who is who. Each face is
taken out of its pose into centimetres of the canonical head; a ridge regression
then explains how its landmarks differ from their mean over the clip by the scores,
and by the pose, whose traces are not kept. Every frame also counts in the mirror,
so left and right come out alike, and every identity counts the same. Writes down
how well identities that did not take part are told (5 folds, split by identity).
"""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import numpy as np

from vivant.faces.track import FaceTracker
from vivant.landmarks import FACE_OVAL, LEFT_BROW, LEFT_EYE, LEFT_IRIS, LIPS_INNER, LIPS_OUTER
from vivant.landmarks import SCORE_NAMES as NAMES
from vivant.media import VideoReader
from vivant.motion.neutral import unrest
from vivant.types import Pose
from vivant.weights.canonical import mirrored_landmarks

RIDGE = 0.03
"""Of 0.003 to 3, beyond which held-out identities are told worse; below it nothing is gained."""
LEAST = 0.01
"""Scores that vary less than this, summed over identities, are left out: nothing shows them."""
FOLDS = 5
PARTS = {
    "lips": (*LIPS_OUTER, *LIPS_INNER), "left eye": LEFT_EYE, "left brow": LEFT_BROW,
    "left iris": LEFT_IRIS, "outline": FACE_OVAL, "all": tuple(range(478)),
}  # fmt: skip
Clip = dict[str, np.ndarray]
System = tuple[np.ndarray, np.ndarray]


def main(cache: Path, target: Path, record: Path) -> None:
    """Collect, fit, judge and write."""
    cache.mkdir(exist_ok=True)
    data = Path(os.environ["VIVANT_DATA"])
    clips: dict[str, list[Clip]] = {}
    with (data / "MANIFEST.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "clip":
                clip = collected(data / row["file"], cache)
                clips.setdefault(row["identity_group"], []).append(clip)
    frames = sum(len(clip["scores"]) for own in clips.values() for clip in own)
    systems = {name: system(own) for name, own in clips.items()}
    mean = neutral(clips)
    fitted = localised(solved(list(systems.values())), mean)[: len(NAMES)].reshape(-1, 478, 3)
    seen = sum(np.diag(gram)[: len(NAMES)] for gram, _ in systems.values())
    kept = [index for index, much in enumerate(seen) if much > LEAST]
    told = {
        "identities": len(clips),
        "frames": frames,
        "folds": FOLDS,
        "held_out": judged(clips, systems, mean),
        "left_out": [name for index, name in enumerate(NAMES) if index not in kept],
    }
    record.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    np.savez_compressed(
        target,
        names=np.array([NAMES[index] for index in kept]),
        neutral=mean.astype(np.float32),
        changes=fitted[kept].astype(np.float16),
    )


def collected(path: Path, cache: Path) -> Clip:
    """Track a clip, or read what was tracked: shapes in centimetres, scores, poses in degrees."""
    kept = cache / f"{path.stem}.npz"
    if not kept.exists():
        tracker, faces, seen = FaceTracker(), (), []
        with VideoReader(path) as reader:
            for frame in reader:
                faces = tracker.track(frame.image, faces)
                seen += faces[:1]
        poses = [face.pose for face in seen]
        shapes = [
            (face.landmarks - face.pose.translation) @ face.pose.rotation / face.pose.scale
            for face in seen
        ]
        np.savez(
            kept,
            shape=np.array(shapes, np.float32),
            scores=np.array([face.scores for face in seen]),
            pose=np.array([(pose.yaw, pose.pitch, pose.roll) for pose in poses]),
        )
    with np.load(kept) as arrays:
        return {name: arrays[name].astype(np.float64) for name in ("shape", "scores", "pose")}


def swapped(name: str) -> str:
    """Return the score's name on the other half of the face."""
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


def mirrored(clip: Clip) -> Clip:
    """Return the clip as in a mirror."""
    return {
        "shape": clip["shape"][:, mirrored_landmarks()] * [-1, 1, 1],
        "scores": clip["scores"][:, [NAMES.index(swapped(name)) for name in NAMES]],
        "pose": clip["pose"] * [-1, 1, -1],
    }


def centred(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Return what explains and what is explained, each less its mean."""
    yaw, pitch, roll = clip["pose"].T / 30
    turn = np.column_stack([yaw, pitch, roll, yaw * yaw, pitch * pitch, yaw * pitch])
    explains = np.hstack([clip["scores"], turn])
    shapes = clip["shape"].reshape(len(explains), -1)
    return explains - explains.mean(axis=0), shapes - shapes.mean(axis=0)


def system(own: list[Clip]) -> System:
    """Return the normal equations of one identity."""
    frames = sum(len(clip["scores"]) for clip in own)
    parts = [centred(side) for clip in own for side in (clip, mirrored(clip))]
    gram = sum(a.T @ a for a, _ in parts) / frames
    right = sum(a.T @ y for a, y in parts) / frames
    return np.asarray(gram), np.asarray(right)


def solved(systems: list[System]) -> np.ndarray:
    """Return the ridge regression over identities."""
    gram = sum(gram for gram, _ in systems)
    right = sum(right for _, right in systems)
    return np.linalg.solve(gram + RIDGE * np.eye(len(gram)), right)


def localised(weights: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Give each eye and brow its own scores alone.

    People blink and look with both eyes, so that the regression cannot tell whose
    score moved which eye. What both sides together do stays as it was fitted.
    """
    left = np.clip((mean[:, 0] + 1.5) / 3, 0, 1)  # the person's own, with a soft seam
    left = (left * left * (3 - 2 * left))[:, None]
    changes = weights[: len(NAMES)].reshape(-1, 478, 3)
    own = changes.copy()
    for index, name in enumerate(NAMES):
        if name.startswith(("eye", "brow")) and name.endswith(("Left", "Right")):
            share = left if name.endswith("Left") else 1 - left
            own[index] = share * (changes[index] + changes[NAMES.index(partner(name))])
    return np.vstack([own.reshape(len(NAMES), -1), weights[len(NAMES) :]])


def partner(name: str) -> str:
    """Return the score that goes with this one on the other side."""
    if "LookIn" in name:
        return swapped(name).replace("LookIn", "LookOut")
    return swapped(name).replace("LookOut", "LookIn")


def judged(
    clips: dict[str, list[Clip]], systems: dict[str, System], mean: np.ndarray
) -> dict[str, object]:
    """Return how well identities are told that did not take part, part by part."""
    names = sorted(clips)
    np.random.default_rng(0).shuffle(names)
    errors, spreads = np.zeros(len(PARTS)), np.zeros(len(PARTS))
    for fold in (names[start::FOLDS] for start in range(FOLDS)):
        weights = localised(solved([systems[name] for name in names if name not in fold]), mean)
        for name in fold:
            parts = [centred(clip) for clip in clips[name]]
            errors += squares([y - a @ weights for a, y in parts])
            spreads += squares([y for _, y in parts])
    return {
        part: {
            "error_mm": round(10 * float(np.sqrt(error / len(names))), 2),
            "spread_mm": round(10 * float(np.sqrt(spread / len(names))), 2),
            "explained": round(1 - error / spread, 2),
        }
        for part, error, spread in zip(PARTS, errors, spreads, strict=True)
    }


def squares(differences: list[np.ndarray]) -> np.ndarray:
    """Return the mean square along x and y of each part."""
    points = np.vstack(differences).reshape(-1, 478, 3)[..., :2]
    return np.array([(points[:, list(part)] ** 2).mean() for part in PARTS.values()])


def neutral(clips: dict[str, list[Clip]]) -> np.ndarray:
    """Return the mean over identities of their most neutral frames, made symmetrical."""
    means = []
    for own in clips.values():
        shapes = np.concatenate([clip["shape"] for clip in own])
        scores = np.concatenate([clip["scores"] for clip in own])
        turns = np.abs(np.concatenate([clip["pose"] for clip in own])).sum(axis=1)
        still = Pose(np.eye(3), np.zeros(3), 1.0)
        away = [unrest(score, still) + turn / 20 for score, turn in zip(scores, turns, strict=True)]
        means.append(shapes[np.argsort(away)[:5]].mean(axis=0))
    mean = np.mean(means, axis=0)
    return (mean + mean[mirrored_landmarks()] * [-1, 1, 1]) / 2


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
