"""Turns weights as their authors publish them into vivant's own form; runs in a confined process.

    python -m vivant.engines.layers.original '{"path": ..., "folder": ..., "engine": ...}'

Pickled files are read by `torch.load(weights_only=True)` and nothing else: what is not a tensor,
a number, a text or a list of these is refused. Tensors are held against the networks that the
configuration describes before they are converted, so a wrong file is refused early.
"""

from __future__ import annotations

import importlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from vivant.engines.layers import stored
from vivant.errors import AskedWrongly, SettingsError, WeightsError
from vivant.weights import confined, sniff
from vivant.weights.known import METHODS, TELLTALE, Method

State = Mapping[str, Any]

_CONFIGURATION = 1 << 20
"""Bytes of the longest configuration file."""
_ENDINGS = (".pth", ".pt", ".tar", ".ckpt", ".bin", ".safetensors")
_NAMED = 3
"""Tensors that a message names."""


def convert(job: dict[str, Any]) -> dict[str, Any]:
    """Convert a file or folder; the result is `converted.safetensors` in the job's folder.

    Args:
        job: `path`, `folder`, `engine`, and either `config` (the configuration itself, or null)
            or `config_file`.

    Returns:
        `tensors`, `parameters` and `files`, those that were read.

    Raises:
        WeightsError: the checkpoint is damaged, refused, or another's.
        SettingsError: the configuration describes no such networks.
        AskedWrongly: there is no configuration.
    """
    path, method = Path(job["path"]), METHODS[job["engine"]]
    files = _files(path, method)
    states = {stem: _read(file) for stem, file in files.items()}
    config = _configuration(job, method, files)
    with torch.device("meta"):
        networks = importlib.import_module(method.network).build(config)
    converted: dict[str, torch.Tensor] = {}
    for name in method.networks:
        if name not in networks:
            raise SettingsError(f"the configuration describes no {name}, which {path} is to fill")
        wanted = networks[name].state_dict()
        given = _renamed(_given(states, name, method, path), method)
        _check(path, method, name, wanted, given, states)
        converted |= {f"{name}.{key}": _plain(path, key, value) for key, value in given.items()}
    stored.write(Path(job["folder"], "converted.safetensors"), config, converted)
    return {
        "tensors": len(converted),
        "parameters": sum(value.numel() for value in converted.values()),
        "files": [str(file) for file in files.values()],
    }


def _files(path: Path, method: Method) -> dict[str, Path]:
    """Return the files to read by their names without ending; the only one has an empty name."""
    if not path.is_dir():
        if method.folder and path.suffix != ".safetensors":
            raise WeightsError(
                f"{path}: is one file; {method.title} has several: {method.needs} is wanted."
            )
        return {"": path}
    if not method.folder:
        raise WeightsError(f"{path}: is a folder; {method.needs} is wanted.")
    wanted = dict.fromkeys(part.partition("/")[0] for part in method.parts.values())
    found: dict[str, Path] = {}
    for file in (*sorted(path.glob("*")), *sorted(path.glob("*/*"))):
        if file.stem not in wanted or file.suffix not in _ENDINGS or not file.is_file():
            continue
        if file.stem in found:
            raise WeightsError(f"{path}: holds {file.stem} twice: {found[file.stem]} and {file}.")
        found[file.stem] = file
    missing = [name for name in wanted if name not in found]
    if missing:
        raise WeightsError(
            f"{path}: {', '.join(f'{name}.pth' for name in missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing in it (or in a folder in it); "
            f"{method.needs} is wanted."
        )
    return found


def _read(path: Path) -> State:
    """Return what a checkpoint holds: names to tensors, or to more of the same."""
    kind = sniff.kind(path)
    if kind == "safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return dict(load_file(path))
        except SafetensorError as error:
            raise WeightsError(f"{path}: is damaged: {error}. Get it again.") from error
    if kind == "torch":
        _check_sums(path)
    try:
        held = torch.load(path, map_location="cpu", weights_only=True, mmap=kind == "torch")
    except Exception as error:
        code = re.search(r"GLOBAL ([\w.]+)|instruction ([A-Z_]+)|class ([\w.]+)", str(error))
        if "ScriptArchive" in str(error) or "TorchScript" in str(error):
            code = None
        if code is None:
            raise
        called = next(filter(None, code.groups()))
        raise WeightsError(
            f"{path}: holds more than weights ({called}): a whole pickled object or a program. "
            f"Reading it could run anything, so it was refused and nothing of it was run; its "
            f"state_dict is wanted."
        ) from error
    if not isinstance(held, Mapping):
        raise WeightsError(f"{path}: holds {type(held).__name__}; named tensors are wanted.")
    return {str(name): value for name, value in held.items()}


def _check_sums(path: Path) -> None:
    """Refuse an archive in which a bit has changed."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError) as error:
        raise WeightsError(f"{path}: is damaged ({error}). Get it again.") from error
    if broken is not None:
        raise WeightsError(f"{path}: is damaged: {broken!r} has another sum. Get it again.")


def _configuration(job: dict[str, Any], method: Method, files: Mapping[str, Path]) -> Any:
    """Return the configuration: the one given, the known one, or that of the file itself."""
    config = job.get("config")
    if job.get("config_file"):
        config = _parsed(Path(job["config_file"]))
    first = next(iter(files.values()))
    if config is None and first.suffix == ".safetensors":
        from safetensors import safe_open

        with safe_open(first, framework="pt") as held:
            told = (held.metadata() or {}).get(stored.CONFIG)
        try:
            config = json.loads(told) if told else None
        except ValueError as error:
            raise WeightsError(f"{first}: its configuration is no JSON: {error}.") from error
    config = method.usual if config is None else config
    if config is None:
        raise AskedWrongly(
            f"no configuration of {job['engine']}/{job['name']} is known: give the YAML file "
            f"that belongs to the checkpoint by --config, or one of the known names: "
            f"{', '.join(method.published) or 'none'}."
        )
    if not isinstance(config, Mapping):
        raise SettingsError("the configuration holds no sections by name")
    if method.sections:
        config = {name: config[name] for name in method.sections if name in config}
    try:
        return json.loads(json.dumps(config))
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingsError(f"the configuration holds more than numbers and names: {error}") from (
            error
        )


def _parsed(path: Path) -> Any:
    """Read a YAML or JSON file."""
    try:
        with path.open("rb") as file:
            told = file.read(_CONFIGURATION + 1)
    except OSError as error:
        raise AskedWrongly(f"{path}: cannot read the configuration: {error.strerror}.") from error
    if len(told) > _CONFIGURATION:
        raise SettingsError(f"{path}: is longer than a configuration: {_CONFIGURATION} bytes.")
    import yaml

    try:
        return yaml.safe_load(told)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        told_error = " ".join(str(error).split())[:160]
        raise SettingsError(f"{path}: is no YAML of plain values: {told_error}") from error


def _given(states: Mapping[str, State], name: str, method: Method, path: Path) -> State:
    """Return the tensors of one network."""
    parts = {
        part.removeprefix(f"{name}").removeprefix("."): place
        for part, place in method.parts.items()
        if part == name or part.startswith(f"{name}.")
    }
    whole = states.get("", {})
    prefixed = _entry(whole, name)
    if prefixed:  # one file with the networks' names in front, as vivant itself keeps them
        return _bare(prefixed)
    if not parts:
        return _bare(whole)
    given: dict[str, Any] = {}
    for inner, place in parts.items():
        stem, _, entry = place.partition("/") if method.folder else ("", "", place)
        state = states.get(stem, {})
        found = _entry(state, entry) if entry else state
        if not found:
            raise WeightsError(
                f"{path}: has no entry {entry or stem!r}; it holds "
                f"{_few(state) or 'nothing'}{_like(states, method)}."
            )
        start = f"{inner}." if inner else ""
        given |= {start + key: value for key, value in _bare(found).items()}
    return given


def _entry(state: State, name: str) -> State:
    """Return a section of a checkpoint: an entry, or all whose names begin with it."""
    if isinstance(state.get(name), Mapping):
        return dict(state[name])
    start = f"{name}."
    return {key[len(start) :]: value for key, value in state.items() if key.startswith(start)}


def _bare(state: State) -> State:
    """Return the same without the `module.` that saving from several GPUs puts in front."""
    start = "module."
    if state and all(str(key).startswith(start) for key in state):
        return {str(key)[len(start) :]: value for key, value in state.items()}
    return {str(key): value for key, value in state.items()}


def _renamed(state: State, method: Method) -> State:
    """Return the same under the names that the network has."""
    found = dict(state)
    for old, new in method.renamed.items():
        for name in [name for name in found if name.startswith(old)]:
            found[new + name.removeprefix(old)] = found.pop(name)
    return found


def _check(
    path: Path, method: Method, name: str, wanted: State, given: State, states: Mapping[str, State]
) -> None:
    """Refuse tensors that are not those of the network."""
    for key, value in given.items():
        if not isinstance(value, torch.Tensor):
            raise WeightsError(
                f"{path}: {key!r} is {type(value).__name__}, not a tensor{_like(states, method)}; "
                f"{method.needs} is wanted."
            )
    shapes = [
        f"{key}: {tuple(given[key].shape)} instead of {tuple(wanted[key].shape)}"
        for key in wanted
        if key in given and given[key].shape != wanted[key].shape
    ]
    faults = {
        "missing": [key for key in wanted if key not in given],
        "unexpected": [key for key in given if key not in wanted],
        "of another shape": shapes,
    }
    told = [
        f"{len(keys)} {'tensor is' if len(keys) == 1 else 'tensors are'} {fault} ({_few(keys)})"
        for fault, keys in faults.items()
        if keys
    ]
    if told:
        whose = _like(states, method) if faults["missing"] else ""
        raise WeightsError(
            f"{path}: does not fit {method.title}'s {name}: {'; '.join(told)}{whose}. "
            f"It belongs to another method, or to another configuration (--config)."
        )


def _few(names: Any) -> str:
    """Return the first three names, and that there are more."""
    listing = list(names)
    more = " ..." if len(listing) > _NAMED else ""
    return ", ".join(str(name)[:80] for name in listing[:_NAMED]) + more


def _like(states: Mapping[str, State], method: Method) -> str:
    """Return which other method a checkpoint looks like, to end a sentence with."""
    names = set(_names(states))
    for name, title in TELLTALE.items():
        if name in names:
            return "" if title.endswith(method.title) else f"; it looks like {title}"
    return ""


def _names(state: Mapping[str, Any], depth: int = 3) -> Iterator[str]:
    """Yield all names in a checkpoint, without `module.`, and their first parts."""
    for key, value in state.items():
        name = str(key).removeprefix("module.")
        yield from (name, name.split(".")[0])
        if isinstance(value, Mapping) and depth:
            yield from _names(value, depth - 1)


def _plain(path: Path, name: str, value: torch.Tensor) -> torch.Tensor:
    """Return a tensor of float32 (or of whole numbers) that owns its memory."""
    if value.is_sparse or value.is_quantized or value.is_complex():
        raise WeightsError(
            f"{path}: {name!r} is {value.dtype}, {value.layout}; numbers are wanted."
        )
    if not value.is_floating_point():
        return value.clone().contiguous()
    value = value.detach().to(torch.float32, copy=True).contiguous()
    if not torch.isfinite(value).all():
        raise WeightsError(f"{path}: {name!r} holds numbers that are not finite: it is damaged.")
    return value


if __name__ == "__main__":
    confined.serve(convert, "torch", "safetensors.torch", "yaml")
