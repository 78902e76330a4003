"""What the mesh engine draws, so that a network can learn from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from vivant.training import sight
from vivant.training.pairs import Pair

Answer = tuple[torch.Tensor, torch.Tensor]
_STILL = 0.05 / 256
_SURE = 0.3 / 256
FLOW = 0.03
"""How much a pixel (of 256 a side) beside the optical flow counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pairs as tensors (batch, channels, height, width), pictures 0 to 1."""

    texture: torch.Tensor
    plate: torch.Tensor
    truth: torch.Tensor
    person: torch.Tensor
    counts: torch.Tensor
    moved: torch.Tensor
    seen: torch.Tensor
    free: torch.Tensor
    say: torch.Tensor
    wanted: torch.Tensor
    trust: torch.Tensor

    @classmethod
    def of(cls, pairs: list[Pair], mirror: np.ndarray) -> Batch:
        """Stack pairs, those with `mirror` (batch,) as in a mirror."""
        flip = torch.from_numpy(mirror)[:, None, None, None]

        def stack(name: str, scale: float = 1.0, signs: tuple[int, ...] = ()) -> torch.Tensor:
            arrays = np.stack([getattr(pair, name) for pair in pairs])
            x = torch.from_numpy(np.ascontiguousarray(arrays)).float() * scale
            if name != "seen":
                x = x[:, None] if x.dim() == 3 else x.permute(0, 3, 1, 2)
            back = x.flip(3)
            for channel in signs:
                back[:, channel] *= -1
            return torch.where(flip, back, x).contiguous()

        return cls(
            texture=stack("texture", 1 / 255),
            plate=stack("plate", 1 / 255),
            truth=stack("truth", 1 / 255),
            person=stack("person", 1 / 255),
            counts=stack("counts", 1 / 255),
            moved=stack("moved", signs=(0,)),
            seen=stack("seen", signs=(6, 10, 13)),
            free=stack("free"),
            wanted=stack("wanted", signs=(0,)),
            trust=stack("trust"),
            say=torch.tensor([pair.say for pair in pairs])[:, None, None, None],
        )


def draw(batch: Batch, answer: Answer) -> torch.Tensor:
    """Draw what the engine would, (batch, 3, side, side) as the truth."""
    opacity, side = answer[1] * _much(batch), batch.truth.shape[-1]
    moved = batch.moved + _large(moved_by(batch, answer), sight.SIDE)
    sure = ((moved.detach().abs().amax(1, keepdim=True) - _STILL) / _SURE).clamp(0, 1)
    full = _large(moved, side)
    warped = _looked(batch.texture, _grid(full, side))
    person = _looked(batch.person, _grid(moved, sight.SIDE))
    solid = (2 * person + _large(opacity, sight.SIDE)).clamp(0, 1)
    opaque = _large(torch.maximum(solid, 1 - sure), side)
    return batch.plate + (warped - batch.plate) * opaque


def loss(drawn: torch.Tensor, batch: Batch, answer: Answer) -> torch.Tensor:
    """Return what is to be made small: unlike pictures, and rough or large changes."""
    shift, opacity = answer
    apart = moved_by(batch, answer) - batch.wanted
    person = 0.1 + 0.9 * _small(_looked(batch.person, _grid(batch.moved, sight.SIDE)))
    far = (apart * 256).square().sum(1, keepdim=True).add(0.05).sqrt()
    flow = (far * batch.trust * batch.free * person).mean()
    picture = l1(drawn, batch).mean() + 0.1 * (1 - ssim(drawn, batch).mean())
    rough = sum(shift.diff(dim=axis).square().mean() for axis in (2, 3))
    unknown = 1 - _large(batch.counts, sight.OUT)
    beyond = (shift.abs().mean(1) * unknown[:, 0]).mean() + (opacity.abs() * unknown).mean()
    large = 0.001 * opacity.abs().mean() + 0.01 * beyond
    return picture + FLOW * flow + 0.02 * rough + large


def moved_by(batch: Batch, answer: Answer) -> torch.Tensor:
    """Return how the answer changes the map, (batch, 2, 64, 64) crop sides."""
    return answer[0] * (_much(batch) * batch.free * sight.REACH)


def _much(batch: Batch) -> torch.Tensor:
    return batch.say * torch.from_numpy(sight.rim())


def l1(drawn: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the mean absolute difference where it counts, (batch,)."""
    apart = (drawn - batch.truth).abs().mean(1, keepdim=True) * batch.counts
    return apart.sum((1, 2, 3)) / batch.counts.sum((1, 2, 3))


def mse(drawn: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the mean squared difference where it counts, (batch,)."""
    apart = (drawn - batch.truth).square().mean(1, keepdim=True) * batch.counts
    return apart.sum((1, 2, 3)) / batch.counts.sum((1, 2, 3))


def ssim(drawn: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the structural similarity where it counts, (batch,); windows of 7 x 7."""

    def mean(x: torch.Tensor) -> torch.Tensor:
        for axis in (2, 3):  # several times as quick as pooling
            total = functional.pad(x.cumsum(axis), (0, 0, 1, 0) if axis == 2 else (1, 0))
            count = total.shape[axis] - 7
            x = total.narrow(axis, 7, count) - total.narrow(axis, 0, count)
        return x / 49

    a, b = drawn, batch.truth
    ma, mb = mean(a), mean(b)
    va, vb, both = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    like = (2 * ma * mb + 1e-4) * (2 * both + 9e-4)
    like = like / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4))
    counts = batch.counts[:, :, 3:-3, 3:-3]
    return (like.mean(1, keepdim=True) * counts).sum((1, 2, 3)) / counts.sum((1, 2, 3))


def _large(x: torch.Tensor, side: int) -> torch.Tensor:
    return functional.interpolate(x, size=(side, side), mode="bilinear", align_corners=False)


def _small(x: torch.Tensor) -> torch.Tensor:
    return functional.avg_pool2d(x, sight.SIDE // sight.OUT)


def _still(side: int) -> torch.Tensor:
    line = (torch.arange(side) + 0.5) / side
    return torch.stack(torch.meshgrid(line, line, indexing="xy"))


def _grid(moved: torch.Tensor, side: int) -> torch.Tensor:
    return (moved + _still(side)).permute(0, 2, 3, 1) * 2 - 1


def _looked(picture: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
    return functional.grid_sample(picture, grid, padding_mode="border", align_corners=False)
