"""Keeps a training, so that it can go on where it stopped: safetensors and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn


@dataclass(slots=True, eq=False)
class Training:
    """What a training remembers."""

    network: nn.Module
    mean: nn.Module
    """Its weights, averaged over the last steps: what is judged and kept."""
    optimiser: torch.optim.Optimizer
    step: int = 0
    best: float = float("inf")
    """Least error on the validation part so far."""

    def save(self, folder: Path) -> None:
        """Write beside and rename: a stop at any moment leaves a whole checkpoint."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"mean.{k}": v for k, v in self.mean.state_dict().items()}
        for number, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{key}": value for key, value in state.items()}
        head = {"step": str(self.step), "best": json.dumps(self.best)}
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / "checkpoint.part"
        save_file({k: v.contiguous() for k, v in tensors.items()}, beside, metadata=head)
        beside.replace(folder / "checkpoint.safetensors")

    def load(self, folder: Path) -> bool:
        """Go on from `folder`; False where nothing lies there."""
        path = folder / "checkpoint.safetensors"
        if not path.exists():
            return False
        tensors = load_file(path)
        self.network.load_state_dict(_below(tensors, "network."))
        self.mean.load_state_dict(_below(tensors, "mean."))
        state: dict[int, dict[str, Any]] = {}
        for name, value in _below(tensors, "optimiser.").items():
            number, key = name.split(".")
            state.setdefault(int(number), {})[key] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        from safetensors import safe_open

        with safe_open(path, "pt") as file:
            head = file.metadata()
        self.step, self.best = int(head["step"]), json.loads(head["best"])
        return True


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
