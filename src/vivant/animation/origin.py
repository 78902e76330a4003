"""From what a result is made, and with what: all that its credentials and the journal tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cached_property
from importlib import metadata
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np

import vivant
from vivant import weights
from vivant.animation.scene import Asked
from vivant.animation.settings import AnimateSettings
from vivant.animation.sources import Drivers, is_performance, is_shipped, read_performance
from vivant.engines import Engine, settings_class
from vivant.errors import SettingsError
from vivant.marks import Claim, Consent, LabelSettings, Released, brings_credentials, sha256_of
from vivant.media import VideoReader
from vivant.media.sequence import is_sequence
from vivant.motion.container import pack
from vivant.motion.performance import Performance
from vivant.settings import fill
from vivant.types import check_picture
from vivant.weights import hashed, store
from vivant.weights.known import METHODS

_CARRIED: Final = {"mesh": ("expression",)}
"""Model files of vivant itself that an engine draws with, besides the tracker's."""
_NO_MATTER: Final = ("threads",)
"""Settings that change the pace and not the result."""


@dataclass(frozen=True, eq=False)
class Origin:
    """What goes into one result."""

    asked: Asked
    settings: AnimateSettings
    label: LabelSettings
    engine: str | Engine
    engine_settings: Mapping[str, object] | None
    release_driver: bool

    def __post_init__(self) -> None:
        if self.release_driver and self._video is None:
            raise SettingsError(
                "release_driver wants a driver that is one video file: of a performance, a folder "
                "or frames there is nothing that could be shown."
            )

    @cached_property
    def portrait(self) -> Path | None:
        """The portrait's file."""
        return path_of(self.asked.portrait)

    @cached_property
    def portrait_sha256(self) -> str:
        """Over the portrait's file, or over its pixels."""
        if self.portrait is not None:
            return sha256_of(self.portrait)
        check_picture(self.asked.portrait, "portrait")
        assert isinstance(self.asked.portrait, np.ndarray)
        return hashlib.sha256(self.asked.portrait.tobytes()).hexdigest()

    @cached_property
    def drivers(self) -> tuple[Drivers, ...]:
        """All drivers, the first face's first."""
        return self.asked.driving, *(driving for _, driving in self.asked.also)

    @cached_property
    def _video(self) -> Path | None:
        """The first driver's file where it is one video."""
        path = path_of(self.asked.driving)
        if path is None or is_shipped(path) or is_sequence(path) or is_performance(path):
            return None
        return path

    def files(self) -> dict[str, Any]:
        """Return the parts of a claim for which whole files are read; call it in a thread."""
        first, *others = (_digest(driving) for driving in self.drivers)
        return {
            "driver_sha256": first,
            "other_drivers": tuple(others),
            "released": self._released(),
            "withheld": frozenset(self._withheld()),
            "weights": self._weights(),
        }

    def claim(
        self, image: np.ndarray, consent: Consent, files: Mapping[str, Any], *, edited: bool
    ) -> Claim:
        """Return what the result states about itself.

        Args:
            image: the portrait, (h, w, 3) uint8 RGB.
            consent: why it may be animated.
            files: what `files` gave.
            edited: whether the portrait is a video.
        """
        return Claim(
            engine=self.settings.engine,
            engine_version=self._version(),
            settings_sha256=self.settings_sha256(),
            consent=consent,
            label=self.label,
            portrait=self.portrait,
            portrait_image=image,
            portrait_sha256=self.portrait_sha256,
            edited=edited,
            **files,
        )

    def settings_sha256(self) -> str:
        """Return the sha256 over all settings that can change the result."""
        told = {
            "animate": {
                field.name: getattr(self.settings, field.name)
                for field in fields(self.settings)
                if field.name not in _NO_MATTER
            },
            "engine": _plain(self._engine_settings()),
            "label": asdict(self.label),
            "faces": [str(face) for face, _ in self.asked.also],
        }
        plain = json.dumps(told, sort_keys=True, default=str)
        return hashlib.sha256(plain.encode()).hexdigest()

    def _engine_settings(self) -> object:
        """Return the engine's settings with their defaults; what a loaded one has is not known."""
        given = self.engine_settings or {}
        if not isinstance(self.engine, str):
            return given
        return fill(settings_class(self.engine), given, f"engine {self.engine!r}")

    def _version(self) -> str:
        kind = settings_class(self.engine) if isinstance(self.engine, str) else type(self.engine)
        package = kind.__module__.partition(".")[0]
        if package == "vivant":
            return vivant.__version__
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return "unknown"

    def _weights(self) -> dict[str, str]:
        names = ("face_landmarker", *_CARRIED.get(self.settings.engine, ()))
        found = {name: weights.CARRIED[name].sha256 for name in names}
        if isinstance(self.engine, str) and self.engine in METHODS:
            path = store.chosen(self.engine, getattr(self._engine_settings(), "weights", None))
            if path.stem in store.names(self.engine):
                record = store.record(f"{self.engine}/{path.stem}")
                found[record.label] = record.sha256
            else:
                found[self.engine] = hashed.digest(path)  # its name is nobody's business
        return found

    def _withheld(self) -> list[str]:
        labels = ["driver", *(f"driver {number}" for number in range(2, len(self.drivers) + 1))]
        return [
            label
            for label, driving in zip(labels, self.drivers, strict=True)
            if (path := path_of(driving)) is not None
            and path.is_file()
            and brings_credentials(path)
            and not (self.release_driver and label == labels[0])
        ]

    def _released(self) -> Released | None:
        if not self.release_driver or self._video is None:
            return None
        with VideoReader(self._video, start=self.settings.start) as reader:
            return Released(self._video, next(iter(reader)).image)


def path_of(given: Any) -> Path | None:
    """Return the path where an input is given by its path."""
    return Path(given) if isinstance(given, (str, PathLike)) else None


def _plain(settings: object) -> object:
    if is_dataclass(settings) and not isinstance(settings, type):
        return asdict(settings)
    return settings


def _digest(driver: Drivers) -> str | None:
    if not isinstance(driver, Performance):
        path = path_of(driver)
        if path is None or is_sequence(path):
            return None
        if not is_shipped(path):
            return sha256_of(path)
        driver = read_performance(path)
    return driver.digest or hashlib.sha256(pack(driver)).hexdigest()
