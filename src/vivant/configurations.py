"""Configurations of networks into dataclasses; misspelt and refused options are errors.

Published ones hold their sections in `model_params`: `sections`, then `options` for each. Others
are flat (`described`) or hold a section a network (`parts`), and tell other things beside.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

from vivant.errors import SettingsError, listed

T = TypeVar("T")

MAY_BE_ZERO = {"may_be_zero": True}
"""Metadata of a number's field that, unlike all others, may be 0."""


def sections(config: object, known: Collection[str], needed: Collection[str]) -> dict[str, Any]:
    """Return the sections of `model_params` in a published configuration.

    What stands beside `model_params` (data sets, training, how a file was made) does not
    describe the network and is not looked at.

    Raises:
        SettingsError: there is no `model_params`, a section in it is not among `known`, or
            one of `needed` is missing.

    >>> sections({"model_params": {"a": {}}, "seed": 1}, known=["a", "b"], needed=["a"])
    {'a': {}}
    """
    if not isinstance(config, Mapping) or not isinstance(config.get("model_params"), Mapping):
        raise SettingsError(
            "the configuration has no section 'model_params', so it does not describe a network; "
            "give the whole configuration file that belongs to the checkpoint"
        )
    found = dict(config["model_params"])
    _refuse_unknown(found, known, "model_params", "section")
    _refuse_missing(found, needed, "model_params", "section")
    return found


def options(cls: type[T], values: object, where: str, **common: object) -> T:
    """Build the dataclass `cls` from one section.

    Args:
        cls: a dataclass; fields without a default must be given.
        values: the section, option to value.
        where: its name, for messages.
        common: options from the configuration's common section; those that `cls` has no field
            for are left out.

    Raises:
        SettingsError: an option is unknown, missing, of the wrong type or out of range.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Blocks:
    ...     width: int
    >>> options(Blocks, {"widht": 3}, "blocks")
    Traceback (most recent call last):
    vivant.errors.SettingsError: blocks: unknown option 'widht'; did you mean 'width'? known: width
    """
    if not isinstance(values, Mapping):
        raise SettingsError(f"{where} must be a section of options, got {values!r}")
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    _refuse_unknown(values, fields, where, "option")
    given = {name: value for name, value in common.items() if name in fields} | dict(values)
    needed = [n for n, field in fields.items() if field.default is dataclasses.MISSING]
    _refuse_missing(given, needed, where, "option")
    for name, value in given.items():
        field = fields[name]
        if value is not None or not str(field.type).endswith(" | None"):
            given[name] = _checked(value, field, f"{where}.{name}")
    try:
        return cls(**given)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from error


def described(cls: type[T], config: Mapping[str, Any], where: str) -> T:
    """Build the dataclass `cls` from a configuration that also tells how something was made.

    Keys that are no field of `cls` (seeds, dates, measured differences) are left out. One that
    is written almost like a field is taken for a mistake, not for a record.

    Args:
        cls: a dataclass whose fields all have defaults.
        config: name to value, as parsed from JSON or YAML.
        where: names the origin in messages.

    Raises:
        SettingsError: a key is nearly that of a field, or a value is refused.
    """
    known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    for key in config:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.8)
        if key not in known and near and near[0] not in config:
            raise SettingsError(
                f"{where}: unknown option {key!r}; did you mean {near[0]!r}? known: {listed(known)}"
            )
    return options(cls, {key: config[key] for key in known if key in config}, where)


def parts(
    config: Mapping[str, Any], names: tuple[str, ...], where: str
) -> Iterator[dict[str, Any]]:
    """Yield the named sections of a configuration, in that order; a missing one is empty.

    Other keys are left out as in `described`.

    Raises:
        SettingsError: a key is nearly that of a section, or a section holds no options by name.
    """
    for key in config:
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.8)
        if key not in names and near and near[0] not in config:
            raise SettingsError(f"{where}: unknown section {key!r}; did you mean {near[0]!r}?")
    for name in names:
        section = config.get(name, {})
        if not isinstance(section, Mapping):
            raise SettingsError(
                f"{where}.{name} must hold options by name, got {type(section).__name__}"
            )
        yield dict(section)


def _refuse_unknown(
    given: Mapping[str, Any], known: Collection[str], where: str, kind: str
) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise SettingsError(f"{where}: unknown {kind} {key!r}; {hint}known: {listed(known)}")


def _refuse_missing(
    given: Mapping[str, Any], needed: Collection[str], where: str, kind: str
) -> None:
    missing = [key for key in needed if key not in given]
    if missing:
        raise SettingsError(f"{where}: {kind} {listed(missing)} is missing")


def _checked(value: Any, field: dataclasses.Field[Any], where: str) -> Any:
    """Return `value` as the type that the field's annotation names."""
    kind = str(field.type).removesuffix(" | None")
    if kind.startswith("tuple["):
        if not isinstance(value, list | tuple) or not value:
            raise SettingsError(f"{where} must be a list of numbers, got {value!r}")
        single = kind.removeprefix("tuple[").removesuffix(", ...]")
        return tuple(_number(item, single, field, where) for item in value)
    if kind == "bool":
        if not isinstance(value, bool):
            raise SettingsError(f"{where} must be true or false, got {value!r}")
        return value
    if kind in ("int", "float"):
        return _number(value, kind, field, where)
    if kind == "str" and not isinstance(value, str):
        raise SettingsError(f"{where} must be a word, got {value!r}")
    return value


def _number(value: Any, kind: str, field: dataclasses.Field[Any], where: str) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (kind == "float" and isinstance(value, float)):
        raise SettingsError(f"{where} must be {_TOLD[kind]}, got {value!r}")
    if value < 0 or (value == 0 and not field.metadata.get("may_be_zero")):
        least = "at least 0" if field.metadata.get("may_be_zero") else "above 0"
        raise SettingsError(f"{where} must be {least}, got {value!r}")
    return value


_TOLD = {"int": "a whole number", "float": "a number"}
