from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vivant import samples


@pytest.fixture
def grass(tmp_path):
    path = tmp_path / "grass.png"
    Image.fromarray(np.full((240, 320, 3), (60, 140, 40), np.uint8)).save(path)
    return path


def test_a_file_is_told_with_its_score_and_what_that_is_worth(run):
    ran = run("detect", samples.portrait())
    assert ran.code == 0
    first, trained, note = ran.out.splitlines()
    assert "grace_hopper.jpg  0." in first
    assert "(0 filmed, 1 drawn; 1 frame)" in first
    assert "detector    small: faces drawn by vivant's engine mesh" in trained
    assert "a hint and not a proof" in note


def test_json_has_score_frames_and_the_hint(run):
    data = run("detect", samples.driving(), "--frames", "4", "--json").data
    assert (data["kind"], data["detector"]) == ("video", "small")
    assert 0 <= data["score"] <= 1
    assert 1 <= data["frames"] <= 4
    assert "not a proof" in data["hint"]
    assert data["trained_on"]


def test_a_file_without_a_face_fails_and_an_unknown_detector_was_asked_wrongly(run, grass):
    assert run("detect", grass).code == 1
    ran = run("detect", samples.portrait(), "--detector", "smal")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean 'small'" in ran.err
    assert run("detect", grass.parent / "none.png").code == 2
    assert run("detect", samples.portrait(), "--frames", "0").code == 2


def test_in_a_folder_one_bad_file_does_not_stop_the_others(run, grass, tmp_path):
    (tmp_path / "a.jpg").write_bytes(samples.portrait().read_bytes())
    ran = run("detect", tmp_path, "--json")
    assert ran.code == 1
    (judged,), (failed,) = ran.data["files"], ran.data["failed"]
    assert judged["path"].endswith("a.jpg")
    assert failed["path"].endswith("grass.png")
    assert "no face found" in failed["problem"]
    plain = run("detect", tmp_path)
    assert plain.out.count("not a proof") == 1
    grass.unlink()
    assert run("detect", tmp_path).code == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("detect", empty).code == 2
