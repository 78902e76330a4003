from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest

from vivant import weights
from vivant.errors import ShapeError, WeightsError
from vivant.weights import runtime


@pytest.fixture(scope="module")
def model() -> bytes:
    with zipfile.ZipFile(io.BytesIO(weights.read("face_landmarker"))) as bundle:
        return bundle.read("face_blendshapes.tflite")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("VIVANT_CACHE", str(folder))
    return folder


@pytest.fixture
def face() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 256, (1, 146, 2)).astype(np.float32)


def test_a_network_takes_and_gives_arrays(model, cache, face):
    network = runtime.load(model)
    assert network.shape == (1, 146, 2)
    (scores,) = network(face)
    assert scores.shape == (52,)
    assert scores.dtype == np.float32


def test_an_open_shape_can_be_fixed(cache):
    with zipfile.ZipFile(io.BytesIO(weights.read("face_landmarker"))) as bundle:
        model = bundle.read("face_landmarks_detector.tflite")
    network = runtime.load(model, shape=(1, 256, 256, 3))
    landmarks, belief, _ = network(np.zeros((1, 256, 256, 3), np.float32))
    assert landmarks.size == 478 * 3
    assert belief.size == 1


def test_the_kept_network_gives_the_same_numbers(model, cache, face):
    first = runtime.load(model)(face)
    kept = list((cache / "networks").iterdir())
    assert len(kept) == 1
    again = runtime.load(model)(face)
    np.testing.assert_array_equal(first, again)
    assert list((cache / "networks").iterdir()) == kept


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_kept_network_is_made_anew(model, cache, face, damage):
    first = runtime.load(model)(face)
    (kept,) = (cache / "networks").iterdir()
    whole = kept.read_bytes()
    half = len(whole) // 2
    flipped = whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :]
    kept.write_bytes({"truncated": whole[:half], "flipped": flipped, "empty": b""}[damage])
    np.testing.assert_array_equal(runtime.load(model)(face), first)
    assert kept.read_bytes()[32:][:4] == whole[32:][:4]
    assert len(kept.read_bytes()) > half


def test_it_works_where_nothing_can_be_kept(model, tmp_path, monkeypatch, face):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("VIVANT_CACHE", str(blocked))
    assert runtime.load(model)(face)[0].shape == (52,)
    assert blocked.read_text() == "in the way"


def test_nothing_is_left_in_the_temporary_folder(model, tmp_path, monkeypatch):
    monkeypatch.setenv("VIVANT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(runtime.tempfile, "tempdir", str(tmp_path))
    runtime.load(model)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_one_network_serves_many_threads(model, cache):
    network = runtime.load(model)
    rng = np.random.default_rng(1)
    faces = rng.uniform(0, 256, (8, 1, 146, 2)).astype(np.float32)
    wanted = [network(face)[0] for face in faces]
    wrong: list[int] = []

    def work(index: int) -> None:
        results = [network(faces[index])[0] for _ in range(50)]
        wrong.extend(index for result in results if not np.array_equal(result, wanted[index]))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_result_is_not_overwritten_by_the_next_call(model, cache, face):
    network = runtime.load(model)
    (first,) = network(face)
    before = first.copy()
    network(face[:, ::-1])
    np.testing.assert_array_equal(first, before)


@pytest.mark.parametrize(
    "array", [np.zeros((1, 145, 2), np.float32), np.zeros((1, 146, 2), np.float64)]
)
def test_another_shape_or_type_is_refused(model, cache, array):
    with pytest.raises(ShapeError, match=r"wants \(1, 146, 2\) float32"):
        runtime.load(model)(array)


def test_what_is_no_model_is_an_error_that_says_so(cache):
    with pytest.raises(WeightsError, match="cannot run the model"):
        runtime.load(b"not a model at all" * 100)


def test_loading_a_network_opens_no_socket_and_starts_no_process(tmp_path):
    program = """
import io, sys, zipfile
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.posix_spawn"):
        raise SystemExit(f"{event} {args}")
sys.addaudithook(watch)
from vivant import weights
from vivant.weights import runtime
bundle = zipfile.ZipFile(io.BytesIO(weights.read("face_landmarker")))
runtime.load(bundle.read("face_blendshapes.tflite"))
assert sys.modules["openvino_telemetry"] is None
print("loaded")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "VIVANT_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "loaded", done.stdout + done.stderr
