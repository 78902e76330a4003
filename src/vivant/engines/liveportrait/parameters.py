"""What describes LivePortrait's networks: the options of its published configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from vivant.configurations import MAY_BE_ZERO

BACKBONES = {"convnextv2_tiny": ((96, 192, 384, 768), (3, 3, 9, 3))}
"""Name to widths and numbers of blocks of the four stages."""


@dataclass(frozen=True, kw_only=True)
class Appearance:
    """Options of the appearance feature extractor."""

    image_channel: int
    block_expansion: int
    num_down_blocks: int = field(metadata=MAY_BE_ZERO)
    max_features: int
    reshape_channel: int
    reshape_depth: int
    """The volume's depth; with `reshape_channel` it makes up the channels of the last map."""
    num_resblocks: int = field(metadata=MAY_BE_ZERO)


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """Options of the motion extractor."""

    num_kp: int
    backbone: str
    dims: tuple[int, ...] | None = None
    """Widths of the four stages; the backbone's own where not given."""
    depths: tuple[int, ...] | None = None
    """Blocks of the four stages; the backbone's own where not given."""

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone {self.backbone!r} is not among {', '.join(BACKBONES)}")
        for given in (self.dims, self.depths):
            if given is not None and len(given) != 4:
                raise ValueError(f"the backbone has four stages, got {given}")

    @property
    def stages(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Widths and numbers of blocks that hold."""
        dims, depths = BACKBONES[self.backbone]
        return self.dims or dims, self.depths or depths


@dataclass(frozen=True, kw_only=True)
class DenseMotion:
    """Options of the dense motion network."""

    num_kp: int
    reshape_channel: int
    """Channels of the volume."""
    estimate_occlusion_map: bool
    block_expansion: int
    max_features: int
    num_blocks: int
    reshape_depth: int
    compress: int
    """Channels to which the volume is brought before it is moved once a key point."""


@dataclass(frozen=True, kw_only=True)
class Warping:
    """Options of the warping module."""

    num_kp: int
    block_expansion: int
    max_features: int
    """Channels times depth of the volume."""
    num_down_blocks: int = field(metadata=MAY_BE_ZERO)
    reshape_channel: int
    estimate_occlusion_map: bool = False
    dense_motion_params: dict  # type: ignore[type-arg]  # a section of its own


@dataclass(frozen=True, kw_only=True)
class Painting:
    """Options of the SPADE decoder."""

    block_expansion: int
    max_features: int
    """Named by the public configuration, without effect."""
    num_down_blocks: int = field(metadata=MAY_BE_ZERO)
    upscale: int | None = None
    """Side of the drawn picture over that of the source, through a pixel shuffle."""


@dataclass(frozen=True, kw_only=True)
class Perceptron:
    """Options of one small network of the stitching and retargeting module."""

    input_size: int
    hidden_sizes: tuple[int, ...]
    output_size: int
