"""Weights as vivant keeps them: one safetensors file, with the configuration beside the tensors.

The metadata entry `config` is the JSON of the configuration that `network.build` takes; a
tensor's name has its network's name in front (`generator.final.weight`). A file holds no code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vivant.errors import WeightsError, listed

CONFIG = "config"
"""Name of the metadata entry."""


def read(path: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return the configuration and the tensors of a file.

    Raises:
        WeightsError: it cannot be read, is no safetensors file, or tells no configuration.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as stored:
            told = (stored.metadata() or {}).get(CONFIG)
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"{path}: cannot be read as a safetensors file: {error}. Add the original file again."
        ) from error
    try:
        config = json.loads(told or "")
    except json.JSONDecodeError as error:
        raise WeightsError(
            f"{path}: its metadata tells no configuration, so the network it belongs to is not "
            f"known. Add the original file again."
        ) from error
    return config, tensors


def write(path: Path, config: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
    """Write such a file."""
    from safetensors.torch import save_file

    save_file(dict(tensors), path, metadata={CONFIG: json.dumps(config)})


def restore(network: nn.Module, name: str, tensors: Mapping[str, torch.Tensor]) -> None:
    """Give a network its tensors, those whose names begin with its `name`.

    Raises:
        WeightsError: a tensor is missing, unknown, or of another shape.
    """
    given = {
        key.removeprefix(f"{name}."): value
        for key, value in tensors.items()
        if key.startswith(f"{name}.")
    }
    wanted = network.state_dict()
    wrong = {
        "missing": wanted.keys() - given.keys(),
        "unknown": given.keys() - wanted.keys(),
        "of another shape": {
            key for key in wanted.keys() & given.keys() if wanted[key].shape != given[key].shape
        },
    }
    for fault, keys in wrong.items():
        if keys:
            raise WeightsError(
                f"the weights do not fit the network {name!r}: {len(keys)} tensors are {fault}, "
                f"such as {listed(sorted(keys)[:2])}. They belong to another method or to "
                f"another configuration."
            )
    network.load_state_dict(given, strict=True)
