"""What describes a First Order Motion Model: the options of its published configurations.

Names and defaults are those of the public code, so that its files are read as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vivant.configurations import MAY_BE_ZERO


def _check_scale(scale: float) -> None:
    if scale > 1:
        raise ValueError(f"scale_factor shrinks, so it is at most 1, got {scale}")


@dataclass(frozen=True, kw_only=True)
class Common:
    """Options that all networks share."""

    num_kp: int
    """Key points."""
    num_channels: int = 3
    """Channels of a picture."""
    estimate_jacobian: bool = False
    """Whether a key point also says how its surroundings are turned and stretched."""


@dataclass(frozen=True, kw_only=True)
class KeyPoints(Common):
    """Options of the key point detector."""

    block_expansion: int
    max_features: int
    num_blocks: int
    temperature: float
    """Divides the heatmap before its softmax: small is sharp."""
    scale_factor: float = 1.0
    """The picture is looked at in this share of its size."""
    single_jacobian_map: bool = False
    """One map of Jacobians for all key points, instead of one each."""
    pad: int = field(default=0, metadata=MAY_BE_ZERO)
    """Of the 7 x 7 convolution of the heatmaps; without, the map loses 3 cells a side."""

    def __post_init__(self) -> None:
        _check_scale(self.scale_factor)


@dataclass(frozen=True, kw_only=True)
class Motion:
    """Options of the dense motion network."""

    num_kp: int
    num_channels: int
    estimate_occlusion_map: bool
    block_expansion: int
    max_features: int
    num_blocks: int
    scale_factor: float = 1.0
    kp_variance: float = 0.01
    """Of the bells around key points, in squared grid units."""

    def __post_init__(self) -> None:
        _check_scale(self.scale_factor)


@dataclass(frozen=True, kw_only=True)
class Painting(Common):
    """Options of the generator."""

    block_expansion: int
    max_features: int
    num_down_blocks: int = field(metadata=MAY_BE_ZERO)
    num_bottleneck_blocks: int = field(metadata=MAY_BE_ZERO)
    estimate_occlusion_map: bool = False
    """Whether places that the source does not show are dimmed before they are painted."""
    dense_motion_params: dict | None = None  # type: ignore[type-arg]  # a section of its own
    """Options of `Motion`; without, nothing is moved."""


@dataclass(frozen=True, kw_only=True)
class Judging(Common):
    """Options of the multi-scale discriminator."""

    scales: tuple[float, ...]
    """Sizes at which it looks, as shares of the picture's."""
    block_expansion: int = 64
    max_features: int = 512
    num_blocks: int = 4
    sn: bool = False
    """Spectral norm on its convolutions."""
    use_kp: bool = False
    """Whether it sees the key points beside the picture (`vox-adv`)."""
    kp_variance: float = 0.01
