r"""Fit the small detector of `vivant detect`, and write the file that vivant carries.

    VIVANT_DATA=folder python benchmarks/train_detector.py WORK \
        src/vivant/weights/files/detector.npz

WORK is a folder for the traces that are learned from; what lies there is taken as it is. Making
them takes about ten minutes on one core, fitting half a minute. Nothing is left to chance.

Traces are of people of the parts `train` and `validation`, and of forgeries only those of the
engine mesh with its usual settings. Originals and forgeries are encoded alike (`forgeries`). Both
count alike, then people, then what there is of each. How strongly weights are held back is chosen
by leaving out a fifth of the people at a time. The part `test` is for `detector.py`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import forgeries
import numpy as np
from scipy.optimize import minimize

from vivant.forensics import cropping
from vivant.forensics.small import FARTHEST, SCALE
from vivant.forensics.traces import traces
from vivant.metrics.auc import auc

LEARNED = ("crf 23", "crf 28", "crf 33")
"""Compressions that are learned from. Without any, an original still shows that a camera or a site
encoded it once, and a forgery that nothing did: easy to tell, and wrong of any picture that nobody
has encoded."""
PARTS = ("train", "validation")
FOLDS = 5
HELD_BACK = (0.01, 0.03, 0.1, 0.3, 1.0)
"""How much the squares of the weights cost, to be chosen from."""


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """The traces of one original or forgery after one compression."""

    name: str
    kind: str
    identity: str
    compression: str
    traces: np.ndarray
    """(frames, traces) float32."""

    @property
    def drawn(self) -> bool:
        """Whether it is a forgery."""
        return self.kind != forgeries.ORIGINAL


def traced(
    work: Path, part: str, kinds: Sequence[str], compressions: Sequence[str]
) -> list[Traced]:
    """Return the traces of a part, made where they do not lie in `work`.

    Args:
        work: a folder.
        part: train, validation or test.
        kinds: forgeries, as `forgeries.material` takes them.
        compressions: names of `forgeries.COMPRESSIONS`.
    """
    folder = work / part
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for one in forgeries.material(Path(os.environ["VIVANT_DATA"]), part, kinds):
            found = {how: _of(one, how) for how in compressions}
            np.savez(folder / f"{one.name}.npz", kind=one.kind, identity=one.identity, **found)
            print(one.name, flush=True)
        (folder / "done").touch()
    everything = []
    for file in sorted(folder.glob("*.npz")):
        with np.load(file, allow_pickle=False) as held:
            kind, identity = str(held["kind"]), str(held["identity"])
            everything += [
                Traced(file.stem, kind, identity, how, held[how]) for how in compressions
            ]
    return everything


def _of(one: forgeries.Material, compression: str) -> np.ndarray:
    shown = forgeries.encoded(one, compression)
    return np.stack([traces(cropping.as_it_is(i, face, scale=SCALE)) for i, face in shown])


def fitted(found: Sequence[Traced], held_back: float) -> dict[str, np.ndarray]:
    """Return the weights of a logistic regression, as `forensics/small.py` reads them."""
    rows = np.concatenate([one.traces for one in found]).astype(np.float64)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    usual = np.clip((rows - mean) / scale, -FARTHEST, FARTHEST)
    wanted = np.concatenate([np.full(len(one.traces), float(one.drawn)) for one in found])
    counts = np.concatenate([np.full(len(one.traces), share) for one, share in _counts(found)])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logits = usual @ weights[:-1] + weights[-1]
        costs = np.logaddexp(0, logits) - wanted * logits
        slope = counts * (1 / (1 + np.exp(-logits)) - wanted)
        slopes = np.append(usual.T @ slope + 2 * held_back * weights[:-1], slope.sum())
        return float(counts @ costs + held_back * (weights[:-1] ** 2).sum()), slopes

    best = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B",
                    options={"maxiter": 200}).x  # fmt: skip
    plain = {"mean": mean, "scale": scale, "weight": best[:-1], "offset": best[-1]}
    return {name: np.asarray(array, np.float32) for name, array in plain.items()}


def _counts(found: Sequence[Traced]) -> list[tuple[Traced, float]]:
    """Return how much each frame counts; all of them together count 1."""
    people = {drawn: {one.identity for one in found if one.drawn == drawn} for drawn in (0, 1)}
    told = []
    for one in found:
        own = [o for o in found if (o.drawn, o.identity) == (one.drawn, one.identity)]
        frames = sum(len(other.traces) for other in own)
        told.append((one, 0.5 / len(people[one.drawn]) / frames))
    return told


def logit(weights: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Return how much each frame looks drawn, before it becomes a probability."""
    usual = np.clip((rows - weights["mean"]) / weights["scale"], -FARTHEST, FARTHEST)
    return usual @ weights["weight"] + weights["offset"]


def area(found: Sequence[Traced], logits: Sequence[np.ndarray]) -> float:
    """Return the area under the curve of whole files, the mean over compressions."""
    areas = []
    for how in LEARNED:
        sides: dict[bool, list[float]] = {True: [], False: []}
        for one, told in zip(found, logits, strict=True):
            if one.compression == how:
                sides[one.drawn].append(float(told.mean()))
        areas.append(auc(sides[True], sides[False]))
    return float(np.mean(areas))


def left_out(found: Sequence[Traced], held_back: float) -> list[np.ndarray]:
    """Return the logits of the frames of each file, its people having been left out."""
    people = np.random.default_rng(0).permutation(sorted({one.identity for one in found}))
    folds = {name: number % FOLDS for number, name in enumerate(people.tolist())}
    logits: dict[int, np.ndarray] = {}
    for fold in range(FOLDS):
        weights = fitted([one for one in found if folds[one.identity] != fold], held_back)
        logits |= {
            number: logit(weights, one.traces)
            for number, one in enumerate(found)
            if folds[one.identity] == fold
        }
    return [logits[number] for number in range(len(found))]


def calibrated(
    weights: dict[str, np.ndarray], found: Sequence[Traced], logits: Sequence[np.ndarray]
) -> dict[str, np.ndarray]:
    """Return weights whose answers are as sure as they are right about people left out.

    Source: Platt 1999, "Probabilistic outputs for support vector machines".
    """
    everything = np.concatenate(logits)
    wanted = np.concatenate([np.full(len(one.traces), float(one.drawn)) for one in found])
    counts = np.concatenate([np.full(len(one.traces), share) for one, share in _counts(found)])

    def loss(line: np.ndarray) -> float:
        answers = line[0] * everything + line[1]
        return float(counts @ (np.logaddexp(0, answers) - wanted * answers))

    slope, shift = minimize(loss, np.array([1.0, 0.0])).x
    print(f"answers are brought to {slope:.3f} times their size, and {shift:+.3f}")
    moved = {"weight": slope * weights["weight"], "offset": slope * weights["offset"] + shift}
    return weights | {name: np.asarray(array, np.float32) for name, array in moved.items()}


def main(work: Path, out: Path) -> None:
    """Make the traces, choose, fit and write."""
    found = [one for part in PARTS for one in traced(work, part, ["mesh"], LEARNED)]
    logits = {held_back: left_out(found, held_back) for held_back in HELD_BACK}
    areas = {held_back: area(found, told) for held_back, told in logits.items()}
    held_back = max(areas, key=areas.__getitem__)
    weights = calibrated(fitted(found, held_back), found, logits[held_back])
    np.savez_compressed(out, **weights)
    people = len({one.identity for one in found})
    print(f"area under the curve of people left out, by how much is held back: {areas}")
    print(f"{out}: held back by {held_back}, {people} people, {len(weights['weight'])} traces")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
