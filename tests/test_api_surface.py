"""What programs may rely on. A change here is a change of version: say so in CHANGELOG.md."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import inspect

import pytest

import vivant

NAMES = [
    "AnimateSettings",
    "Detection",
    "Frame",
    "Inspection",
    "LabelSettings",
    "Performance",
    "Progress",
    "Report",
    "Verification",
    "__version__",
    "animate",
    "animate_file",
    "detect",
    "errors",
    "inspect",
    "open_engine",
    "read_performance",
    "record",
    "verify",
    "write_performance",
]

SIGNATURES = {
    "animate": [
        "portrait", "driving", "*also=()", "*engine=mesh", "*relative=True", "*frame=full",
        "*size=None", "*reference=auto", "*face=largest", "*driver_face=largest", "*crop=auto",
        "*driver_crop=auto", "*on_missing_face=hold", "*start=None", "*end=None",
        "*mirror=False", "*controls=None", "*sound=driver", "*threads=None", "*device=cpu",
    ],
    "animate_file": [
        "portrait", "driving", "output", "*also=()", "*engine=mesh", "*engine_settings=None",
        "*relative=True", "*frame=full", "*size=None", "*reference=auto", "*face=largest",
        "*driver_face=largest", "*crop=auto", "*driver_crop=auto",
        "*on_missing_face=hold", "*start=None", "*end=None", "*mirror=False",
        "*controls=None", "*sound=driver", "*threads=None", "*device=cpu", "*preview=False",
        "*consent=None", "*ask_consent=None", "*label=None", "*release_driver=False",
        "*signing=None", "*on_progress=None", "*cancel=None",
    ],
    "detect": ["path", "*detector=small", "*frames=32"],
    "inspect": ["path"],
    "open_engine": ["name", "settings=None", "*device=cpu"],
    "read_performance": ["path"],
    "record": [
        "driving", "*name=recording", "*origin=", "*licence=", "*driver_face=largest",
        "*start=None", "*end=None", "*mirror=False", "*on_progress=None", "*cancel=None",
    ],
    "verify": ["path", "*trust_anchors=None"],
    "write_performance": ["performance", "path"],
}  # fmt: skip

FIELDS = {
    "AnimateSettings": [
        "engine", "relative", "frame", "size", "reference", "face", "driver_face", "crop",
        "driver_crop",
        "on_missing_face", "start", "end", "mirror", "controls", "sound", "threads", "device",
    ],
    "Detection": [
        "path", "kind", "detector", "score", "frames", "faces_missed", "share", "trained_on",
        "hint",
    ],
    "Frame": ["image", "index", "time"],
    "Inspection": ["path", "kind", "width", "height", "video", "faces"],
    "LabelSettings": ["text", "language", "corner", "size", "card", "off_reason"],
    "Performance": [
        "name", "width", "height", "times", "faces", "rate", "origin", "licence", "rest",
        "digest",
    ],
    "Progress": ["frames", "total", "frames_per_second"],
    "Report": [
        "output", "frames", "seconds", "fps_in", "seconds_to_first_frame", "frames_per_second",
        "faces_missed", "engine", "peak_rss_mb", "audio", "warnings", "labels",
    ],
}  # fmt: skip

ERRORS = {
    "AskedWrongly", "Cancelled", "ConsentMissing", "DamagedMedia", "DeviceMissing", "DiskFull",
    "FaceIndexError",
    "FaceTooSmall", "MarkError", "MediaError", "MissingExtra", "MissingWeights", "NoFaceFound",
    "PathRefused",
    "PictureTooLarge", "SettingsError", "ShapeError", "TooSmall", "Undefined", "UnknownEngine",
    "UnsupportedFormat", "UnsuitablePortrait", "VivantError", "WeightsError",
}  # fmt: skip


def written(parameter: inspect.Parameter) -> str:
    star = "*" if parameter.kind is inspect.Parameter.KEYWORD_ONLY else ""
    if parameter.default is inspect.Parameter.empty:
        return f"{star}{parameter.name}"
    default = parameter.default
    if dataclasses.is_dataclass(default):
        assert default == type(default)(), f"{parameter.name}: a default stands in its class only"
        default = f"{type(default).__name__}()"
    return f"{star}{parameter.name}={default}"


def test_the_public_names_are_these():
    assert sorted(vivant.__all__) == NAMES
    assert dir(vivant) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_documented(name):
    thing = getattr(vivant, name)
    if name != "__version__":
        assert thing.__doc__


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_function_takes_what_it_took(name):
    parameters = inspect.signature(getattr(vivant, name)).parameters.values()
    assert [written(parameter) for parameter in parameters] == SIGNATURES[name]


@pytest.mark.parametrize("name", FIELDS)
def test_a_noun_holds_what_it_held(name):
    assert [field.name for field in dataclasses.fields(getattr(vivant, name))] == FIELDS[name]


def test_the_errors_that_may_be_caught_are_these():
    found = {
        name
        for name, thing in vars(vivant.errors).items()
        if isinstance(thing, type) and issubclass(thing, vivant.errors.VivantError)
    }
    assert found >= ERRORS


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'animat'"):
        vivant.animat  # noqa: B018


def test_the_version_is_the_one_that_is_installed():
    assert vivant.__version__ == importlib.metadata.version("vivant")


def test_all_errors_have_one_base_and_say_something():
    for name in ERRORS:
        error = getattr(vivant.errors, name)
        assert issubclass(error, vivant.errors.VivantError)
        assert error.__doc__
