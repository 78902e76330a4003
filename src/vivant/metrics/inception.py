"""Features of pictures by the true Inception network, where the user has added its weights."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vivant.errors import WeightsError
from vivant.types import check_picture
from vivant.weights import added, runtime

SIDE: Final = 299
"""Side of the picture that the network reads, pixels."""
LENGTH: Final = 2048


def available() -> bool:
    """Say whether the user has added what `Inception` wants."""
    return added.added("fid_inception") is not None


class Inception:
    """Looks at whole pictures; may be shared between threads.

    The picture is brought to 299x299 pixels by bilinear interpolation, without
    smoothing, as in the package pytorch-fid.

    Source: Szegedy et al. 2016, arXiv:1512.00567, with the weights that Heusel et al.
    2017, arXiv:1706.08500, published for the distance.
    """

    def __init__(self, *, threads: int = 1) -> None:
        """Load the network.

        Raises:
            WeightsError: it was not added (the message says what is wanted, and where),
                or does not take what it should.
        """
        self._path = added.wanted("fid_inception")
        shape = (1, 3, SIDE, SIDE)
        self._network = runtime.load_onnx(self._path, threads=threads, shape=shape)

    def feature(self, image: np.ndarray) -> np.ndarray:
        """Return the pooled feature of one picture, (2048,) float32.

        Args:
            image: (h, w, 3) uint8 RGB.

        Raises:
            ShapeError: `image` is no picture.
            WeightsError: the added file does not give what it should.
        """
        check_picture(image, "Inception.feature: image")
        real = image.astype(np.float32) / 255
        square = cv2.resize(real, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        outputs = self._network(np.ascontiguousarray(square.transpose(2, 0, 1)[None]))
        if len(outputs) != 1 or outputs[0].size != LENGTH or not np.isfinite(outputs[0]).all():
            shapes = [output.shape for output in outputs]
            raise WeightsError(f"{self._path}: gave {shapes}; wanted (1, {LENGTH}), finite.")
        return np.asarray(outputs[0].reshape(LENGTH))
