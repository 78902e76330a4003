from __future__ import annotations

import io
import json
import random
import zipfile
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivant.errors import DamagedMedia
from vivant.motion.container import pack, unpack
from vivant.motion.performance import Performance


@pytest.fixture(scope="module")
def packed(performance: Performance) -> bytes:
    return pack(performance)


def repacked(data: bytes, **changed: bytes | None) -> bytes:
    """The archive with members changed (None: left out, a new name: added)."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        members = {name: old.read(name) for name in old.namelist()}
        members.update({name.replace("__", "."): value for name, value in changed.items()})
        for name, value in members.items():
            if value is not None:
                new.writestr(name, value, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def header(data: bytes, **changed: object) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        plain = json.loads(archive.read("header.json"))
    plain.update(changed)
    return json.dumps(plain).encode()


def array(values: np.ndarray) -> bytes:
    made = io.BytesIO()
    np.save(made, values)
    return made.getvalue()


def arrays(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as opened:
        return {name: opened[name] for name in opened.files if not name.endswith(".json")}


def test_what_goes_in_comes_out(performance: Performance, packed: bytes) -> None:
    found = unpack(packed, "here")
    for name in ("name", "width", "height", "times", "rate", "origin", "licence"):
        assert getattr(found, name) == getattr(performance, name)
    assert found.missing == 1
    assert found.faces[2] is None
    for one, two in zip(performance.faces, found.faces, strict=True):
        if one is None:
            continue
        size = np.ptp(one.landmarks, axis=0).max()
        assert np.abs(one.landmarks - two.landmarks).max() < 0.05 * size / 512
        np.testing.assert_allclose(one.scores, two.scores, atol=1e-3)
        np.testing.assert_array_equal(one.pose.rotation, two.pose.rotation)
        np.testing.assert_array_equal(one.pose.translation, two.pose.translation)
        assert one.pose.scale == two.pose.scale
        assert two.confidence == pytest.approx(0.9)


def test_equal_performances_give_equal_files(performance: Performance, packed: bytes) -> None:
    assert pack(performance) == packed
    assert unpack(packed, "here").digest is not None


def test_numpy_can_open_it(packed: bytes) -> None:
    assert arrays(packed)["landmarks"].shape == (6, 478, 3)
    assert unpack(repacked(packed), "by another program").times == unpack(packed, "ours").times


def test_reading_and_writing_again_hardly_changes_it(packed: bytes) -> None:
    once, again = unpack(packed, "a"), unpack(pack(unpack(packed, "a")), "b")
    step = np.ptp(once.faces[0].landmarks, axis=0).max() / 8192
    moved = np.abs(once.faces[0].landmarks - again.faces[0].landmarks).max()
    assert moved < step


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "another"}, "something else"),
        ({"version": 2}, "a later vivant"),
        ({"version": True}, "header"),
        ({"frames": 7}, "wanted"),
        ({"frames": 0}, "wanted 1 to"),
        ({"frames": 10**9}, "wanted 1 to"),
        ({"frames": -1}, "wanted 1 to"),
        ({"frames": "6"}, "header"),
        ({"rate": "1e9999999"}, "rate"),
        ({"rate": "1/0"}, "rate"),
        ({"rate": "0"}, "rate"),
        ({"rate": 30}, "header"),
        ({"width": 0}, "pixels"),
        ({"name": "a\u202eb"}, "one line"),
        ({"name": "\ud800"}, "one line"),
        ({"extra": 1}, "header"),
    ],
)
def test_a_wrong_header_is_refused(packed: bytes, change, said: str) -> None:
    wrong = repacked(packed, header__json=header(packed, **change))
    with pytest.raises(DamagedMedia, match=said):
        unpack(wrong, "wrong.npz")


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b"[" * 4000, b" " * 9000, b"1" * 6000])
def test_a_header_that_is_none_is_refused(packed: bytes, text: bytes) -> None:
    with pytest.raises(DamagedMedia):
        unpack(repacked(packed, header__json=text), "wrong.npz")


def no_number(values: np.ndarray) -> None:
    values[0] = np.nan


def too_large(values: np.ndarray) -> None:
    values[-1] = 30_000


def backwards(values: np.ndarray) -> None:
    values[:] = values[::-1].copy()


def below_zero(values: np.ndarray) -> None:
    values[0] = -1


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("middle", no_number), ("scores", no_number), ("pose", no_number),
        ("confidence", no_number), ("scores", too_large), ("confidence", too_large),
        ("pose", too_large), ("times", backwards), ("times", below_zero), ("scores", below_zero),
        ("middle", below_zero), ("pose", below_zero),
    ],
)  # fmt: skip
def test_impossible_numbers_are_refused(packed: bytes, name: str, spoil) -> None:
    values = arrays(packed)[name].copy()
    spoil(values)
    with pytest.raises(DamagedMedia):
        unpack(repacked(packed, **{f"{name}__npy": array(values)}), "wrong.npz")


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((6, 478, 3), np.float64),
        np.zeros((6, 478, 2), "<i2"),
        np.zeros((7, 478, 3), "<i2"),
        np.zeros((6, 478, 3), ">i2"),
        np.asfortranarray(np.zeros((6, 478, 3), "<i2")),
        np.zeros(0, "<i2"),
    ],
)
def test_arrays_of_another_kind_are_refused(packed: bytes, values: np.ndarray) -> None:
    with pytest.raises(DamagedMedia, match="landmarks"):
        unpack(repacked(packed, landmarks__npy=array(values)), "wrong.npz")


def test_a_pickle_is_never_read(packed: bytes) -> None:
    objects = io.BytesIO()
    np.save(objects, np.array([print] * 6, object), allow_pickle=True)
    with pytest.raises(DamagedMedia, match="wanted"):
        unpack(repacked(packed, seen__npy=objects.getvalue()), "wrong.npz")


def test_other_members_are_refused(packed: bytes) -> None:
    for change in ({"extra__npy": b""}, {"scores__npy": None}):
        with pytest.raises(DamagedMedia, match="parts"):
            unpack(repacked(packed, **change), "wrong.npz")


def test_a_bomb_is_refused_before_it_is_unpacked(packed: bytes) -> None:
    bomb = repacked(packed, landmarks__npy=bytes(50_000_000))
    assert len(bomb) < 200_000
    with pytest.raises(DamagedMedia, match="wanted at most"):
        unpack(bomb, "bomb.npz")


def test_a_list_of_very_many_members_is_refused(packed: bytes) -> None:
    many = repacked(packed, **{f"member {number}": b"" for number in range(300)})
    with pytest.raises(DamagedMedia, match="too many parts"):
        unpack(many, "many.npz")


def unharmed(data: bytes) -> None:
    """Damaged bytes either raise our own error, or are a performance."""
    try:
        found = unpack(data, "fuzz.npz")
    except DamagedMedia:
        return
    assert np.isfinite([face.landmarks for face in found.faces if face is not None]).all()


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedMedia):
        unpack(data, "fuzz.npz")


def test_damaged_files_raise_our_own_error(packed: bytes) -> None:
    chance = random.Random(7)
    for _ in range(400):
        data = bytearray(packed)
        tail = chance.random() < 0.6  # the list of members stands at the end
        for _ in range(chance.choice((1, 2, 8))):
            low = len(data) - 700 if tail else 0
            data[chance.randrange(low, len(data))] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        unharmed(bytes(data))


def test_damaged_arrays_raise_our_own_error(packed: bytes) -> None:
    chance = random.Random(8)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(150):
        name = chance.choice(list(members))
        data = bytearray(members[name])
        for _ in range(chance.choice((1, 4, 30))):
            data[chance.randrange(min(len(data), 400))] = chance.randrange(256)
        unharmed(repacked(packed, **{name: bytes(data)}))


def test_times_stay_exact(performance: Performance) -> None:
    times = tuple(Fraction(2**36 + 7 * index, 90_000) for index in range(6))
    found = unpack(pack(replace(performance, times=times, rate=None)), "here")
    assert found.times == times
