"""Runs networks on the CPU: the small ones that vivant carries, and compiled ones of engines.

The only module of vivant that imports OpenVINO, and only when a network is
loaded. OpenVINO's own usage reporting is kept from loading: with its module
set to None beforehand OpenVINO falls back on a stub that does nothing.

Compiled networks are kept in the user's cache folder, which makes the next
start faster; `VIVANT_CACHE` names another folder. Where none can be written,
networks are compiled anew each time.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from vivant.errors import ShapeError, WeightsError

_PROCESSOR = ("FULL_DEVICE_NAME", "DEVICE_ARCHITECTURE", "OPTIMIZATION_CAPABILITIES")


class Network:
    """A network ready to run; one may serve many threads at the same time.

    Each thread gets its own working memory on its first call and gives it back
    when it ends.
    """

    def __init__(self, compiled: Any) -> None:
        """Wrap an OpenVINO compiled model with one input; `load` makes them."""
        self._compiled = compiled
        self._local = threading.local()
        self.shape: tuple[int, ...] = tuple(compiled.inputs[0].shape)
        """Shape of the one input."""

    def __call__(self, array: np.ndarray) -> tuple[np.ndarray, ...]:
        """Run the network once.

        Args:
            array: the input, of shape `Network.shape`, float32.

        Returns:
            The outputs in the order of the model file, float32; the caller owns them.

        Raises:
            ShapeError: the input has another shape or type.
        """
        if array.shape != self.shape or array.dtype != np.float32:
            raise ShapeError(
                f"the network wants {self.shape} float32, got {array.shape} {array.dtype}"
            )
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._compiled.create_infer_request()
            self._local.input = request.get_input_tensor().data
        np.copyto(self._local.input, array)  # handing over another tensor each time takes longer
        request.infer()
        return tuple(tensor.data.copy() for tensor in request.output_tensors)


class Graph:
    """A network of several inputs and outputs; one may serve many threads at the same time."""

    def __init__(self, compiled: Any) -> None:
        """Wrap an OpenVINO compiled model; `load_graph` makes them."""
        self._compiled = compiled
        self._local = threading.local()
        self.shapes: tuple[tuple[int, ...], ...] = tuple(tuple(i.shape) for i in compiled.inputs)
        """Shapes of the inputs, in order."""

    def __call__(self, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
        """Run once.

        Args:
            arrays: one float32 array an input, of `Graph.shapes`.

        Returns:
            The outputs in order, float32; the caller owns them.

        Raises:
            ShapeError: another number of inputs, or one of another shape.
        """
        got = tuple(array.shape for array in arrays)
        if got != self.shapes:
            raise ShapeError(f"the network wants inputs {self.shapes}, got {got}")
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._compiled.create_infer_request()
        for tensor, array in zip(request.input_tensors, arrays, strict=True):
            np.copyto(tensor.data, array)
        request.infer()
        return tuple(tensor.data.copy() for tensor in request.output_tensors)


def load_graph(path: Path, *, precision: str = "f32", threads: int = 0) -> Graph:
    """Make a network of a file that `convert` wrote.

    Args:
        path: the .xml file; its .bin lies beside it.
        precision: what it may calculate in, one of `precisions()`.
        threads: processor cores that one call uses; 0: all.

    Raises:
        WeightsError: OpenVINO is not installed, or the file is damaged or missing.
    """
    options = {**_options(threads), "INFERENCE_PRECISION_HINT": precision}
    try:
        return Graph(_core().compile_model(str(path), "CPU", options))
    except RuntimeError as error:
        raise WeightsError(
            f"{path}: OpenVINO cannot run this network: {_reason(error)}. "
            f"Compile the weights again."
        ) from error


def convert(network: Any, examples: Sequence[Any], path: Path) -> None:
    """Write a torch network as OpenVINO keeps networks, in float32, with fixed shapes.

    Args:
        network: a traced `torch.jit.ScriptModule` of tensors in and out.
        examples: what it is called with.
        path: the .xml file to write; a .bin of the same name holds the numbers.

    Raises:
        WeightsError: OpenVINO cannot express the network.
    """
    openvino = _openvino()
    try:
        model = openvino.convert_model(network, example_input=tuple(examples))
        shapes = {
            place: list(each.shape) for place, each in zip(model.inputs, examples, strict=True)
        }
        model.reshape(shapes)
        openvino.save_model(model, str(path), compress_to_fp16=False)
    except (RuntimeError, ValueError) as error:
        raise WeightsError(
            f"{path.stem}: OpenVINO cannot express this network: {_reason(error)}"
        ) from error


def precisions() -> tuple[str, ...]:
    """Return what this processor calculates networks in: `f32`, and `bf16` where it is fast."""
    able = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("f32", "bf16") if "BF16" in able else ("f32",)


def version() -> str:
    """Return OpenVINO's version."""
    return str(_openvino().__version__)


def load(model: bytes, *, threads: int = 1, shape: tuple[int, ...] | None = None) -> Network:
    """Make a network of the bytes of a .tflite file with one input.

    Args:
        model: the file.
        threads: processor cores that one call uses.
        shape: shape of the input, for networks that leave theirs open.

    Raises:
        WeightsError: OpenVINO is not installed or cannot read the model.
    """
    core, options = _core(), _options(threads)
    kept = _kept(core, model, (options, shape))
    compiled = _import(core, kept, options)
    if compiled is None:
        compiled = _compile(core, model, shape, options)
        _keep(kept, compiled.export_model().getvalue())
    return Network(compiled)


def load_onnx(path: Path, *, threads: int = 1, shape: tuple[int, ...] | None = None) -> Network:
    """Make a network of an .onnx file with one input; it is compiled anew each time.

    Args:
        path: the file.
        threads: processor cores that one call uses.
        shape: shape of the input, for networks that leave theirs open.

    Raises:
        WeightsError: OpenVINO is not installed or cannot read the model.
    """
    try:
        network = _core().read_model(path)
        if len(network.inputs) != 1:
            raise WeightsError(f"{path}: a network of {len(network.inputs)} inputs; wanted one.")
        if shape is not None:
            network.reshape(list(shape))
        return Network(_core().compile_model(network, "CPU", _options(threads)))
    except RuntimeError as error:
        raise WeightsError(f"{path}: OpenVINO cannot run this model: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    r"""Return the last line that says why; OpenVINO says first where, and ends in empty ones.

    >>> _reason(RuntimeError("Exception from src/core.cpp:97:\nno such layer.\n\n"))
    'no such layer'
    """
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("Exception from")]
    return told[-1].rstrip(".") if told else "it does not say why"


def build(source: Any, outputs: Sequence[Any], *, threads: int = 1) -> Network:
    """Make a network of layers of `operations()`: from one parameter to the outputs."""
    model = _openvino().Model([operations().result(node) for node in outputs], [source], "built")
    return Network(_core().compile_model(model, "CPU", _options(threads)))


def operations() -> Any:
    """Return OpenVINO's module of layers, for `Plan`."""
    _openvino()
    return importlib.import_module("openvino.opset13")


def cache_folder() -> Path:
    """Return the folder that compiled networks are kept in; it may not exist yet."""
    named = os.environ.get("VIVANT_CACHE")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_cache_path("vivant", appauthor=False)


def _options(threads: int) -> dict[str, object]:
    return {
        "INFERENCE_PRECISION_HINT": "f32",  # the default, bf16, moves landmarks by a pixel
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }


def _compile(core: Any, model: bytes, shape: tuple[int, ...] | None, options: Any) -> Any:
    # OpenVINO reads .tflite from paths only.
    with tempfile.TemporaryDirectory(prefix="vivant-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, "model.tflite")
        path.write_bytes(model)
        try:
            network = core.read_model(path, config={"ENABLE_MMAP": False})
            if shape is not None:
                network.reshape(list(shape))
            return core.compile_model(network, "CPU", options)
        except RuntimeError as error:
            raise WeightsError(
                f"OpenVINO cannot run the model ({len(model)} bytes): {error}. "
                f"A whole .tflite file with one input is wanted; install vivant again."
            ) from error


def _kept(core: Any, model: bytes, build: object) -> Path:
    """Return where the compiled form is kept; all that it depends on is in the name."""
    processor = [core.get_property("CPU", name) for name in _PROCESSOR]
    key = hashlib.sha256(model)
    key.update(repr((build, processor, _openvino().__version__)).encode())
    return cache_folder() / "networks" / f"{key.hexdigest()}.bin"


def _import(core: Any, kept: Path, options: Any) -> Any:
    """Return the kept network, or None where there is none that is whole."""
    try:
        data = kept.read_bytes()
    except OSError:
        return None
    digest, blob = data[:32], data[32:]
    if hashlib.sha256(blob).digest() != digest:
        return None
    try:
        return core.import_model(io.BytesIO(blob), "CPU", options)
    except RuntimeError:
        return None


def _keep(kept: Path, blob: bytes) -> None:
    """Write beside and rename, so that no reader ever meets half a file."""
    beside = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(hashlib.sha256(blob).digest() + blob)
        beside.replace(kept)
    except OSError:  # nothing is lost but time at the next start
        with suppress(OSError):
            beside.unlink()


@cache
def _openvino() -> Any:
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("openvino")  # it has no type information
    except ImportError as error:
        raise WeightsError(
            f"OpenVINO cannot be imported: {error}. Install vivant again: pip install vivant"
        ) from error


@cache
def _core() -> Any:
    core = _openvino().Core()
    frontend = importlib.import_module("openvino.frontend")
    core.add_extension(
        frontend.ConversionExtension("Convolution2DTransposeBias", _transposed_convolution)
    )
    return core


def _transposed_convolution(node: Any) -> Any:
    """Build MediaPipe's own layer, which OpenVINO does not know: stride 2, with a bias.

    The person segmenter ends in one; its kernel is (output, height, width, input).
    """
    ops = operations()
    picture, kernel, bias = (node.get_input(i) for i in range(3))
    channels_first = ops.transpose(picture, np.array([0, 3, 1, 2]))
    kernel = ops.transpose(kernel, np.array([3, 0, 1, 2]))
    drawn = ops.convolution_backprop_data(
        channels_first, kernel, strides=[2, 2], pads_begin=[0, 0], pads_end=[0, 0],
        auto_pad="same_upper",
    )  # fmt: skip
    return ops.add(ops.transpose(drawn, np.array([0, 2, 3, 1])), bias).outputs()
