"""Published configurations, section by section, into dataclasses; unknown options are refused."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection, Mapping
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
        if value is not None or field.default is not None:
            given[name] = _checked(value, field, f"{where}.{name}")
    try:
        return cls(**given)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from error


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
