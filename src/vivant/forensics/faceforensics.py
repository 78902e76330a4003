"""The detector of FaceForensics++: Xception on a square around the face.

Source: Roessler et al. 2019, arXiv:1901.08971, and its public code. The square is 1.3 times as
large as dlib's box of the face, brought to 299 pixels and to [-1, 1]; of the two logits' softmax
the second is the probability that the face was manipulated. Faces are found by vivant's own
tracker; `cropping.DLIB` brings its boxes to the size of dlib's.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import nn

from vivant.engines.layers import stored
from vivant.forensics import cropping, networks
from vivant.types import Face
from vivant.weights import store

SCALE: Final = 1.3 * cropping.DLIB
"""Side of the square over the longer side of the box around the landmarks."""
SIZE: Final = 299
"""Side of what the network sees, pixels."""


class FaceForensicsDetector:
    """Xception with weights that a user has added."""

    name = "xception"
    trained_on = (
        "Xception in the layout of FaceForensics++ with weights that you added: their authors know "
        "what they were trained on; those of FaceForensics++ know four methods of 2019"
    )

    def __init__(self, network: nn.Module) -> None:
        self._network = network.eval().requires_grad_(False)

    def judge(self, image: np.ndarray, face: Face) -> float:
        """Return the second softmax probability, 0 to 1; see `detectors.Detector`."""
        seen = cropping.cut(image, face, scale=SCALE, size=SIZE)
        array = seen.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1.0
        with torch.inference_mode():
            logits = self._network(torch.from_numpy(array))
        return float(logits.softmax(dim=1)[0, 1])


def load(weights: str | None = None) -> FaceForensicsDetector:
    """Load it.

    Args:
        weights: name of added weights, or a safetensors file; None for the only ones.

    Raises:
        MissingWeights: none were added.
        AskedWrongly: several were added and none is named, or none has that name.
        WeightsError: the file is damaged.
    """
    config, tensors = stored.read(store.chosen("xception", weights))
    network = networks.build(config)[networks.NAME]
    stored.restore(network, networks.NAME, tensors)
    return FaceForensicsDetector(network)
