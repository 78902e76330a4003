"""Tries an ONNX file that a user adds; runs in a confined process.

python -m vivant.weights._onnx '{"path": ..., "folder": ..., "name": "lpips"}'
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vivant.errors import WeightsError
from vivant.weights import added, confined, runtime


def check(job: dict[str, Any]) -> dict[str, Any]:
    """Run the file once on a grey picture and hold what it gives against what is wanted.

    Args:
        job: `path` and `name`, one of `added.KNOWN`.

    Raises:
        WeightsError: it cannot be run, or gives something else.
    """
    entry = added.KNOWN[job["name"]]
    outputs = runtime.load_onnx(Path(job["path"]), shape=entry.tried)(
        np.full(entry.tried, 0.5, np.float32)
    )
    if len(outputs) != 1 or outputs[0].size != entry.gives or not np.isfinite(outputs[0]).all():
        shapes = [output.shape for output in outputs]
        raise WeightsError(f"{job['path']}: gives {shapes}; {entry.outputs} is wanted.")
    return {}


if __name__ == "__main__":
    confined.serve(check, "openvino")
