"""Networks written down layer by layer, for weights that come as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vivant.weights import runtime
from vivant.weights.runtime import Network


class Plan:
    """A network under construction: each call adds a layer and returns what comes out of it.

    Arrays are channels first: (batch, channels, height, width).

    >>> plan = Plan((1, 1, 2, 2))
    >>> doubled = plan.convolve(plan.input, np.full((1, 1, 1, 1), 2.0), np.zeros(1))
    >>> network = plan.finish([plan.clamp(doubled, 0, 6)])
    >>> network(np.array([[[[-1, 1], [2, 4]]]], np.float32))[0].tolist()
    [[[[0.0, 2.0], [4.0, 6.0]]]]
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Begin with an input of this shape.

        Raises:
            WeightsError: OpenVINO is not installed.
        """
        self._ops = runtime.operations()
        self.input: Any = self._ops.parameter(list(shape), np.float32)
        """The first node."""

    def convolve(self, node: Any, kernel: np.ndarray, bias: np.ndarray, *, stride: int = 1) -> Any:
        """Add a convolution over all channels; padded as TensorFlow's "same".

        Args:
            node: what goes in.
            kernel: (channels out, channels in, height, width).
            bias: (channels out,).
            stride: pixels from one place to the next.
        """
        return self._biased(self._ops.convolution, node, kernel, bias, stride)

    def convolve_each(
        self, node: Any, kernel: np.ndarray, bias: np.ndarray, *, stride: int = 1
    ) -> Any:
        """Add a convolution of each channel by itself; `kernel` is (channels, 1, height, width)."""
        grouped = kernel[:, None]
        return self._biased(self._ops.group_convolution, node, grouped, bias, stride)

    def _biased(
        self, layer: Any, node: Any, kernel: np.ndarray, bias: np.ndarray, stride: int
    ) -> Any:
        weights = self._ops.constant(np.ascontiguousarray(kernel, np.float32))
        none = [0, 0]
        drawn = layer(node, weights, [stride, stride], none, none, [1, 1], "same_upper")
        shift = np.ascontiguousarray(bias, np.float32).reshape(1, -1, 1, 1)
        return self._ops.add(drawn, self._ops.constant(shift))

    def clamp(self, node: Any, low: float, high: float) -> Any:
        """Add a layer that keeps values from `low` to `high`."""
        return self._ops.clamp(node, low, high)

    def add(self, node: Any, other: Any) -> Any:
        """Add a layer that adds two nodes."""
        return self._ops.add(node, other)

    def mean(self, node: Any) -> Any:
        """Add a layer that takes the mean over height and width: (batch, channels)."""
        return self._ops.reduce_mean(node, np.array([2, 3]), keep_dims=False)

    def finish(self, outputs: Sequence[Any], *, threads: int = 1) -> Network:
        """Return the network, ready to run, with these nodes as its outputs."""
        return runtime.build(self.input, outputs, threads=threads)
