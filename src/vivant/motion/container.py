"""Performances as bytes: a zip archive of arrays and a JSON header that numpy can open.

Files come from strangers: every member is measured before it is unpacked, every
array must have exactly the type and shape that the header implies, and every
number must be possible. Nothing is ever unpickled.

Landmarks are kept as whole steps of 1/8192 of the face's size from its middle, so
they are exact to 1/16384 of it: 0.03 pixels for a face of 512.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from fractions import Fraction
from typing import Any, Final

import numpy as np

from vivant.errors import DamagedMedia, ShapeError
from vivant.motion.performance import MAX_FRAMES, Performance
from vivant.types import LANDMARKS, SCORES, Face, Pose

FORMAT: Final = "vivant performance"
VERSION: Final = 1
MAX_BYTES: Final = 200_000_000
"""Size of the largest file that is read; the longest performance is smaller."""
_HEADER: Final = "header.json"
_ARRAYS: Final[dict[str, tuple[str, tuple[int, ...]]]] = {
    "times": ("<i8", (2,)),  # numerator and denominator, seconds
    "seen": ("|b1", ()),
    "landmarks": ("<i2", (LANDMARKS, 3)),  # in steps from the middle
    "middle": ("<f8", (4,)),  # x, y, z and the length of a step, pixels
    "scores": ("<f2", (SCORES,)),
    "pose": ("<f8", (13,)),  # rotation by rows, translation, scale
    "confidence": ("<f4", ()),
}
"""Member to its type and the shape of one frame; all begin with the number of frames."""
_STEPS: Final = 8192
_MOST_HEADER: Final = 8192
_MOST_PREAMBLE: Final = 512
"""Bytes of an array's own header."""
_FAR: Final = 1e6
"""Pixels beyond which nothing is believed."""
_RATE: Final = re.compile(r"[0-9]{1,12}(/[1-9][0-9]{0,11})?")
_KEYS: Final[dict[str, tuple[type, ...]]] = {
    "format": (str,), "version": (int,), "name": (str,), "origin": (str,), "licence": (str,),
    "rate": (str, type(None)), "width": (int,), "height": (int,), "frames": (int,),
    "rest": (int, type(None)),
}  # fmt: skip


def pack(performance: Performance) -> bytes:
    """Return a performance as the bytes of its file; the same always gives the same bytes."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "name": performance.name,
        "origin": performance.origin,
        "licence": performance.licence,
        "rate": None if performance.rate is None else str(performance.rate),
        "width": performance.width,
        "height": performance.height,
        "frames": len(performance),
        "rest": performance.rest,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(_member(_HEADER), json.dumps(header, indent=1, ensure_ascii=True))
        for name, array in _arrays(performance).items():
            kind, shape = _ARRAYS[name]
            data = io.BytesIO()
            whole = np.ascontiguousarray(array.astype(kind).reshape(len(performance), *shape))
            np.lib.format.write_array(data, whole, version=(1, 0), allow_pickle=False)
            archive.writestr(_member(f"{name}.npy"), data.getvalue())
    return made.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    """A member with a fixed date, so that equal performances give equal files."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _arrays(performance: Performance) -> dict[str, np.ndarray]:
    count = len(performance)
    arrays = {name: np.zeros((count, *shape)) for name, (_, shape) in _ARRAYS.items()}
    arrays["times"] = np.array([time.as_integer_ratio() for time in performance.times])
    for index, face in enumerate(performance.faces):
        if face is None:
            continue
        points, pose = face.landmarks.astype(np.float64), face.pose
        low, high = points.min(axis=0), points.max(axis=0)
        step = max(float((high - low).max()), 1e-6) / _STEPS
        middle = (low + high) / 2
        arrays["seen"][index] = True
        arrays["landmarks"][index] = np.round((points - middle) / step)
        arrays["middle"][index] = [*middle, step]
        arrays["scores"][index] = face.scores
        arrays["pose"][index] = [*pose.rotation.ravel(), *pose.translation, pose.scale]
        arrays["confidence"][index] = face.confidence
    return arrays


def unpack(data: bytes, where: str) -> Performance:
    """Read a performance from the bytes of its file.

    Args:
        data: the whole file.
        where: names it in messages.

    Raises:
        DamagedMedia: it is no performance, damaged, too large, or of a later version.
    """
    try:
        return _unpacked(data, where)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise _damaged(where, f"the archive is broken ({error})") from error
    except (ValueError, ShapeError, OverflowError, KeyError, TypeError) as error:
        raise _damaged(where, str(error)) from error


def _damaged(where: str, problem: str) -> DamagedMedia:
    return DamagedMedia(
        where, f"not a sound recorded performance: {problem}.", "Record it again, or copy it again."
    )


def _unpacked(data: bytes, where: str) -> Performance:
    if len(data) > MAX_BYTES:
        raise _damaged(where, f"{len(data)} bytes, at most {MAX_BYTES} are read")
    # The list of members stands at the end; a long one would be unpacked before it is counted.
    if data[-22:-18] != b"PK\x05\x06" or data[-42:-38] == b"PK\x06\x07":
        raise _damaged(where, "it is cut off, or another kind of archive")
    if int.from_bytes(data[-10:-6], "little") > _MOST_HEADER:
        raise _damaged(where, "it holds too many parts")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: info for info in archive.infolist()}
        wanted = {_HEADER, *(f"{name}.npy" for name in _ARRAYS)}
        if members.keys() != wanted or len(archive.infolist()) != len(wanted):
            raise _damaged(where, "it does not hold the parts of one")
        header = _header(_read(archive, members[_HEADER], _MOST_HEADER), where)
        frames = header["frames"]
        arrays = {
            name: _array(archive, members[f"{name}.npy"], kind, (frames, *shape))
            for name, (kind, shape) in _ARRAYS.items()
        }
    return _built(header, arrays, hashlib.sha256(data).hexdigest())


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """Return a member's bytes, refused before unpacking where it announces too many."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{info.filename} is packed in a way that is not read")
    if info.file_size > most:
        raise ValueError(f"{info.filename} has {info.file_size} bytes, wanted at most {most}")
    with archive.open(info) as file:
        return file.read(most + 1)


def _header(text: bytes, where: str) -> dict[str, Any]:
    header = json.loads(text.decode("utf-8"))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("its header is that of something else")
    if header.get("version") != VERSION:
        raise _damaged(
            where,
            f"it has version {str(header.get('version'))[:20]}, this vivant reads {VERSION}; "
            f"a later vivant may read it",
        )
    if header.keys() != _KEYS.keys() or any(
        not isinstance(header[key], kind) or isinstance(header[key], bool)
        for key, kind in _KEYS.items()
    ):
        raise ValueError("its header lacks something, or holds what does not belong there")
    if not 1 <= header["frames"] <= MAX_FRAMES:
        raise ValueError(f"it has {header['frames']} frames, wanted 1 to {MAX_FRAMES}")
    if header["rate"] is not None:
        if not _RATE.fullmatch(header["rate"]) or not 0 < Fraction(header["rate"]) <= 1000:
            raise ValueError(f"its frame rate is {header['rate'][:40]!r}, wanted at most 1000")
        header["rate"] = Fraction(header["rate"])
    return header


def _array(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, kind: str, shape: tuple[int, ...]
) -> np.ndarray:
    """Read one array that must have exactly this type and shape."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    data = _read(archive, info, size + _MOST_PREAMBLE)
    length = int.from_bytes(data[8:10], "little") + 10
    said = data[10:length].decode("latin-1").strip()
    wanted = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    if data[:8] != b"\x93NUMPY\x01\x00" or said != wanted:
        raise ValueError(f"{info.filename} holds {said[:80]!r}, wanted {wanted}")
    if len(data) - length != size:
        raise ValueError(f"{info.filename} has {len(data) - length} bytes, wanted {size}")
    return np.frombuffer(data, kind, offset=length).reshape(shape)


def _built(header: dict[str, Any], arrays: dict[str, np.ndarray], digest: str) -> Performance:
    _check(arrays)
    times = tuple(Fraction(int(a), int(b)) for a, b in arrays["times"])
    steps = arrays["middle"][:, None, 3:]
    landmarks = arrays["landmarks"] * steps + arrays["middle"][:, None, :3]
    faces = tuple(
        Face(
            landmarks=landmarks[index].astype(np.float32),
            scores=arrays["scores"][index].astype(np.float32),
            pose=Pose(pose[:9].reshape(3, 3), pose[9:12], float(pose[12])),
            confidence=float(arrays["confidence"][index]),
        )
        if arrays["seen"][index]
        else None
        for index, pose in enumerate(arrays["pose"])
    )
    return Performance(
        name=header["name"],
        width=header["width"],
        height=header["height"],
        times=times,
        faces=faces,
        rate=header["rate"],
        origin=header["origin"],
        licence=header["licence"],
        rest=header["rest"],
        digest=digest,
    )


def _check(arrays: dict[str, np.ndarray]) -> None:
    """Refuse numbers that no face can have."""
    for name in ("middle", "scores", "pose", "confidence"):
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} holds what is no number")
    if (arrays["times"][:, 1] < 1).any():
        raise ValueError("its times are impossible")
    seen = arrays["seen"].view(np.uint8)
    if (seen > 1).any():
        raise ValueError("seen holds what is neither yes nor no")
    seen = seen.astype(bool)
    for name in ("scores", "confidence"):
        if (arrays[name] < 0).any() or (arrays[name] > 1).any():
            raise ValueError(f"{name} must lie in [0, 1]")
    middle, pose = arrays["middle"][seen], arrays["pose"][seen]
    if (np.abs(middle) > _FAR).any() or (np.abs(pose) > _FAR).any():
        raise ValueError("faces lie too far away")
    if (middle[:, 3] <= 0).any() or (pose[:, 12] <= 0).any():
        raise ValueError("faces have no size")
    turns = pose[:, :9].reshape(-1, 3, 3)
    upright = np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)) < 1e-3
    if not upright.all() or (np.linalg.det(turns) < 0).any():
        raise ValueError("a pose is no rotation")
