from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from vivant.media._yuv import yuv_frame


def test_planes_are_those_of_ffmpegs_own_conversion_within_one_step() -> None:
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (30, 42, 3), np.uint8)
    image = np.ascontiguousarray(blocks.repeat(2, axis=0).repeat(2, axis=1))
    ours = yuv_frame(image).to_ndarray().astype(int)
    theirs = (
        VideoFrame.from_ndarray(image, format="rgb24")
        .reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
        )
        .to_ndarray()
    )
    assert np.abs(ours - theirs).max() <= 1


def test_black_and_white_take_the_limited_range() -> None:
    for value, luma in ((0, 16), (255, 235)):
        planes = yuv_frame(np.full((6, 10, 3), value, np.uint8)).to_ndarray()
        assert (planes[:6] == luma).all()
        assert (planes[6:] == 128).all()
