from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vivant import samples


def test_a_portrait_is_told_with_its_face_and_its_mark(run):
    ran = run("inspect", samples.portrait())
    assert ran.code == 0
    first, second, *_ = ran.out.splitlines()
    assert first.endswith("grace_hopper.jpg  picture  512x600  1 face")
    assert second.startswith("  face 0  ")
    assert "looks straight ahead" in second
    assert "of 10 as a portrait" in second


def test_json_has_the_face_in_pixels_and_degrees(run):
    data = run("inspect", samples.portrait(), "--json").data
    assert (data["kind"], data["width"], data["height"]) == ("picture", 512, 600)
    (face,) = data["faces"]
    assert 100 < face["box"]["width"] < 300
    assert abs(face["pose"]["yaw"]) < 15
    assert 0 <= face["suitability"] <= 10
    assert isinstance(face["advice"], list)


def test_a_video_is_told_with_rate_length_and_sound(run):
    ran = run("inspect", samples.driving())
    assert ran.out.splitlines()[0].endswith(
        "driving.mp4  video  640x360  23.98 fps  6.5 s  with sound  1 face"
    )
    data = run("inspect", samples.driving(), "--json").data
    assert data["fps"] == pytest.approx(23.976, abs=1e-3)
    assert data["audio"] == "aac"


def test_a_picture_without_a_face_is_an_answer_with_advice(run, tmp_path):
    path = tmp_path / "grass.png"
    Image.fromarray(np.full((240, 320, 3), (60, 140, 40), np.uint8)).save(path)
    ran = run("inspect", path)
    assert ran.code == 0
    assert "no face" in ran.out
    assert "looks roughly at the camera" in ran.out
    assert run("inspect", path, "--json").data["faces"] == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("missing.png", None, 2),
        ("empty.png", b"", 1),
        ("notes.mp4", b"these are my notes, not a video\n" * 50, None),
        ("cut.jpg", samples.portrait().read_bytes()[:200], 1),
    ],
)
def test_what_is_no_picture_is_an_error_that_names_the_file(run, tmp_path, name, content, code):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    ran = run("inspect", path)
    assert ran.code in ((1, 2) if code is None else (code,))
    assert name in ran.err
    assert not ran.out
