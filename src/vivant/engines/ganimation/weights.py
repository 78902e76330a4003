"""The generator with weights from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from vivant.engines.ganimation.network import Generator, GeneratorConfig
from vivant.errors import PathRefused, WeightsError

_BLOCK = re.compile(r"main\.\d+\.main\.0\.weight")
_WANTED = (
    "It wants a .safetensors file with the generator's weights under the names of the authors' "
    "net_epoch_*_id_G.pth."
)


def read_generator(path: Path) -> Generator:
    """Build the generator that a file's weights are of, and give it these.

    Its size is told by the weights themselves. A `G.` or `generator.` before all names is taken
    off; weights beside these, such as a discriminator's, are left out.

    Args:
        path: a safetensors file; no other kind is read.

    Raises:
        PathRefused: the file cannot be read.
        WeightsError: it is no safetensors file, or its weights are not those of this generator.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise PathRefused(f"{path}: no such file. {_WANTED}")
    try:
        stored = load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: not a safetensors file ({error}). {_WANTED}") from error
    state = _of_generator(stored)
    try:
        config = _told(state)
    except (KeyError, IndexError) as error:
        raise WeightsError(
            f"{path}: holds no weights of GANimation's generator. {_WANTED}"
        ) from error
    generator = Generator(config)
    try:
        generator.load_state_dict(dict(state))
    except RuntimeError as error:
        raise WeightsError(f"{path}: {error}. {_WANTED}") from error
    return generator.eval()


def _of_generator(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for prefix in ("G.", "generator."):
        if f"{prefix}main.0.weight" in stored:
            return {
                name.removeprefix(prefix): value
                for name, value in stored.items()
                if name.startswith(prefix)
            }
    return dict(stored)


def _told(state: Mapping[str, Tensor]) -> GeneratorConfig:
    """Read the generator's size off its weights."""
    width, seen = state["main.0.weight"].shape[:2]
    blocks = sum(bool(_BLOCK.fullmatch(name)) for name in state)
    if "attetion_reg.0.weight" not in state or seen <= 3 or not blocks:
        raise KeyError("attetion_reg.0.weight")
    return GeneratorConfig(conv_dim=width, c_dim=seen - 3, repeat_num=blocks)
