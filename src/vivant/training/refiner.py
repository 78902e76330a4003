"""Trains the mesh engine's refiner: `python -m vivant.training.refiner --help`."""

from __future__ import annotations

import argparse
import copy
import json
import logging
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from vivant.training import drawing
from vivant.training.checkpoint import Training
from vivant.training.clips import clips
from vivant.training.drawing import Batch
from vivant.training.network import Refiner
from vivant.training.pairs import Pairs, Tint

JUDGED = 192
"""Side of the pictures by which the validation part is judged."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class RefinerSettings:
    """Options of the training."""

    steps: int = 3000
    batch: int = 8
    rate: float = 2e-3
    """Largest learning rate; it rises over the first steps and falls to 0 along a cosine."""
    decay: float = 0.1
    """Weight decay."""
    seed: int = 0
    side: int = 128
    """Side of the pictures that are compared while learning."""
    portraits: int = 14
    """Frames of a clip that serve as portraits; all serve as drivers."""
    every: int = 100
    """Steps from one look at the validation part to the next."""
    memory: float = 0.995
    """Share of the averaged weights that a step keeps."""


def train(data: Path, cache: Path, out: Path, settings: RefinerSettings) -> None:
    """Train, or go on training, and keep checkpoints and curves in `out`.

    Args:
        data: a folder with `MANIFEST.csv` and clips.
        cache: a folder for tracked clips.
        out: `checkpoint.safetensors`, `best.safetensors` (the same), `curves.json`.
        settings: how.
    """
    torch.manual_seed(settings.seed)
    network = Refiner()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), settings.rate, weight_decay=settings.decay)
    training = Training(network, copy.deepcopy(network).eval(), optimiser)
    curves: list[dict[str, float]] = []
    if training.load(out):
        curves = json.loads((out / "curves.json").read_text(encoding="utf-8"))["curves"]
    held_out = list(judged(Pairs(clips(data, cache, "validation"), JUDGED)))
    pairs = Pairs(clips(data, cache, "train"), settings.side)
    begun, losses = time.monotonic(), []
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(chosen, pairs, settings, training.step)
        while training.step < settings.steps:
            batch = ahead.result()
            ahead = pool.submit(chosen, pairs, settings, training.step + 1)
            losses.append(_step(training, batch, settings))
            if training.step % settings.every == 0:
                row = {
                    "step": training.step,
                    "loss": float(np.mean(losses)),
                    "seconds": round(time.monotonic() - begun),
                    **judge(training.mean, held_out),
                }
                log.info("%s", json.dumps(row))
                curves.append(row)
                losses = []
                told = {"settings": asdict(settings), "curves": curves}
                out.mkdir(parents=True, exist_ok=True)
                (out / "curves.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
                training.save(out)
                if row["l1"] < training.best:
                    training.best = row["l1"]
                    training.save(out / "best")


def _step(training: Training, batch: Batch, settings: RefinerSettings) -> float:
    """Learn from one batch."""
    rise = min(1.0, (training.step + 1) / 200)
    fall = 0.5 + 0.5 * math.cos(math.pi * training.step / settings.steps)
    for group in training.optimiser.param_groups:
        group["lr"] = settings.rate * rise * fall
    answer = training.network(batch.seen.to(memory_format=torch.channels_last))
    loss = drawing.loss(drawing.draw(batch, answer), batch, answer)
    training.optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(training.network.parameters(), 1.0)
    training.optimiser.step()
    training.step += 1
    memory = min(settings.memory, (1 + training.step) / (10 + training.step))
    with torch.no_grad():
        new = training.network.parameters()
        for mean, now in zip(training.mean.parameters(), new, strict=True):
            mean.lerp_(now, 1 - memory)
    return float(loss.detach())


def chosen(pairs: Pairs, settings: RefinerSettings, step: int) -> Batch:
    """Return the batch of a step; the same for the same seed."""
    rng = np.random.default_rng([settings.seed, step])
    people = sorted({clip.identity for clip in pairs.clips})
    found = []
    for person in rng.choice(len(people), settings.batch):
        own = [i for i, clip in enumerate(pairs.clips) if clip.identity == people[person]]
        clip = int(rng.choice(own))
        count = len(pairs.clips[clip].images)
        portrait = int(rng.integers(settings.portraits)) * (count - 1) // (settings.portraits - 1)
        driver = (portrait + 1 + int(rng.integers(count - 1))) % count
        smooth, tint = bool(rng.random() < 0.7), Tint.chosen(rng)
        found.append(pairs.pair(clip, portrait, driver, smooth=smooth, tint=tint))
    return Batch.of(found, rng.random(settings.batch) < 0.5)


def judged(pairs: Pairs, count: int = 8) -> Iterator[Batch]:
    """Yield one batch a clip: the first frame as the portrait, as in `vivant study self`."""
    for clip, own in enumerate(pairs.clips):
        drivers = np.unique(np.linspace(1, len(own.images) - 1, count).round().astype(int))
        found = [pairs.pair(clip, 0, int(driver)) for driver in drivers]
        yield Batch.of(found, np.zeros(len(found), bool))


def judge(network: torch.nn.Module, batches: list[Batch]) -> dict[str, float]:
    """Return the means over clips of L1, PSNR and SSIM: the network's, and the mesh's alone."""
    rows = []
    with torch.no_grad():
        for batch in batches:
            answer = network(batch.seen.to(memory_format=torch.channels_last))
            nothing = (0 * answer[0], 0 * answer[1])
            drawn = (drawing.draw(batch, said) for said in (answer, nothing))
            rows.append([figure for picture in drawn for figure in _measured(picture, batch)])
    names = ("l1", "psnr", "ssim", "l1_mesh", "psnr_mesh", "ssim_mesh")
    return dict(zip(names, np.mean(rows, axis=0).round(5).tolist(), strict=True))


def _measured(drawn: torch.Tensor, batch: Batch) -> tuple[float, float, float]:
    drawn = drawn.clamp(0, 1)
    psnr = -10 * torch.log10(drawing.mse(drawn, batch))
    return (
        float(drawing.l1(drawn, batch).mean()),
        float(psnr.mean()),
        float(drawing.ssim(drawn, batch).mean()),
    )


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="Train the mesh engine's refiner.")
    parser.add_argument("data", type=Path, help="folder with MANIFEST.csv and clips")
    parser.add_argument("out", type=Path, help="folder for checkpoints and curves")
    parser.add_argument("--cache", type=Path, help="folder for tracked clips; default: OUT/tracked")
    parser.add_argument("--threads", type=int, default=1)
    for name, default in asdict(RefinerSettings()).items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    given = vars(parser.parse_args())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(given.pop("threads"))
    cv2.setNumThreads(1)
    data, out = given.pop("data"), given.pop("out")
    cache = given.pop("cache") or out / "tracked"
    train(data, cache, out, RefinerSettings(**given))


if __name__ == "__main__":
    main()
