"""Where networks run: this computer's processor, or a graphics card.

On a graphics card convolutions take half precision (`torch.autocast`), with weights halved once
and channels last in memory, as its matrix units want them. What places pixels (key points, grids)
stays float32: networks that find key points are run by `exact`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import torch
from torch import nn

from vivant.engines.layers.spectral import SpectralConv2d
from vivant.errors import DeviceMissing

Network = TypeVar("Network", bound=nn.Module)

_FORMS: Final = {
    nn.Conv2d: torch.channels_last,
    nn.ConvTranspose2d: torch.channels_last,
    nn.Conv3d: torch.channels_last_3d,
}
"""How weights of convolutions lie in the memory of a graphics card. Norms keep float32."""


@dataclass(frozen=True, slots=True)
class Place:
    """A device, and the precision that its networks take."""

    device: torch.device
    half: torch.dtype | None = None
    """Type of convolutions in `running`; None for float32."""

    def put(self, network: Network, *, exact: bool = False) -> Network:
        """Take a network there, to be run and not trained; it stays float32 where `exact`."""
        network = network.eval().requires_grad_(False).to(self.device)
        if self.half is None:
            return network
        for layer in network.modules():
            form = _FORMS.get(type(layer))
            if form is not None:
                layer.to(memory_format=form)  # type: ignore[call-overload]  # torch forgot it
            if exact:
                continue
            if isinstance(layer, SpectralConv2d):
                layer.settle(self.half)
            elif form is not None or isinstance(layer, nn.Linear):
                layer.to(self.half)
        return network

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run networks inside; convolutions in half precision where this place has it."""
        wanted = self.half is not None
        with torch.inference_mode(), torch.autocast(self.device.type, self.half, wanted):
            yield

    @contextmanager
    def exact(self) -> Iterator[None]:
        """Run networks inside in float32."""
        with torch.inference_mode():
            yield

    def tensor(self, array: np.ndarray) -> torch.Tensor:
        """Return an array as a tensor that lies there."""
        return torch.from_numpy(array).to(self.device)


CPU = Place(torch.device("cpu"))


def chosen(device: str) -> Place:
    """Return the place for a setting `device`, `cpu` or `cuda`.

    Raises:
        DeviceMissing: torch sees no graphics card; the message says what it sees.
    """
    if device == "cpu":
        return CPU
    if not torch.cuda.is_available():
        raise DeviceMissing(device, seen())
    return Place(torch.device("cuda"), torch.float16)


def seen() -> str:
    """Say what torch sees of graphics cards."""
    built = torch.version.cuda
    if built is None:
        return f"torch {torch.__version__} is built without CUDA"
    cards = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return f"torch {torch.__version__} for CUDA {built} sees {', '.join(cards) or 'no card'}"


def usable() -> tuple[str, ...]:
    """Return the devices that `chosen` takes on this computer."""
    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def plain(tensor: torch.Tensor) -> np.ndarray:
    """Return a tensor as an array in this computer's memory, floats as float32."""
    if tensor.is_floating_point():
        tensor = tensor.float()
    array: np.ndarray = tensor.cpu().numpy()
    return array
