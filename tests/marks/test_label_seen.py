from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import vivant
from vivant.errors import VivantError
from vivant.marks import Label, LabelSettings
from vivant.marks.label_seen import LIKE, find_label
from vivant.marks.words import WORDS
from vivant.media import read_image
from vivant.samples import driving, portrait

CORNERS = ("bottom-left", "bottom-right", "top-left", "top-right")
LANGUAGES = list(WORDS)


def labelled(settings: LabelSettings, width: int = 640, height: int = 360) -> np.ndarray:
    image = cv2.resize(read_image(portrait()), (width, height), interpolation=cv2.INTER_AREA)
    Label(settings, width, height).draw(image)
    return image


def write(path: Path, image: np.ndarray, crf: int, size: tuple[int, int] | None = None) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf)})
        stream.width, stream.height = size or (image.shape[1], image.shape[0])
        stream.pix_fmt = "yuv420p"
        shown = cv2.resize(image, (stream.width, stream.height), interpolation=cv2.INTER_AREA)
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(stream.encode())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_label_is_read_in_every_language(language):
    found = find_label([labelled(LabelSettings(language=language))])
    assert found is not None
    assert found.text == WORDS[language].label


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("size", [4, 5, 8, 15])
def test_it_is_found_in_every_corner_and_size(corner, size):
    found = find_label([labelled(LabelSettings(corner=corner, size=size))])
    assert found is not None
    assert found.text == "AI-generated"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_of_1080_rows_is_found_after_scaling_to_360_and_strong_compression(
    language, tmp_path
):
    write(
        tmp_path / "a.mp4", labelled(LabelSettings(language=language), 1920, 1080), 30, (640, 360)
    )
    found = find_label(tmp_path / "a.mp4")
    assert found is not None
    assert found.text == WORDS[language].label


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_a_screenshot_shows_it(quality, tmp_path):
    path = tmp_path / "a.jpg"
    shot = labelled(LabelSettings(language="uk"), 1280, 720)[..., ::-1]
    cv2.imwrite(str(path), shot, [cv2.IMWRITE_JPEG_QUALITY, quality])
    found = find_label(path)
    assert found is not None
    assert found.text == "Створено ШІ"


def test_words_of_ones_own_are_found_where_somebody_tells_them():
    image = labelled(LabelSettings(text="Made by a machine"))
    assert find_label([image]) is None
    found = find_label([image], also=["Made by a machine"])
    assert found is not None
    assert found.text == "Made by a machine"


def test_a_label_that_comes_later_is_found_too(tmp_path):
    plain, shown = labelled(LabelSettings(text="off", off_reason="x")), labelled(LabelSettings())
    assert find_label([plain]) is None
    assert find_label([plain, plain, shown]) is not None


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((360, 640, 3), np.uint8),
        np.full((360, 640, 3), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.full((3, 900, 3), 200, np.uint8),
        np.full((900, 3, 3), 200, np.uint8),
        labelled(LabelSettings(text="off", off_reason="none of it")),
        labelled(LabelSettings(text="BREAKING NEWS")),
        labelled(LabelSettings(text="Generation 1984")),
    ],
    ids=["black", "white", "noise", "dot", "flat", "slim", "portrait", "news", "other words"],
)
def test_nothing_is_seen_where_nothing_is(image):
    assert find_label([image]) is None


def test_the_sample_clip_has_none():
    assert find_label(driving()) is None


def test_verify_says_that_a_file_without_credentials_shows_the_label(tmp_path):
    write(tmp_path / "a.mp4", labelled(LabelSettings(language="de"), 512, 512), 26)
    found = vivant.verify(tmp_path / "a.mp4")
    assert found.label is not None
    assert found.label.text == "KI-generiert"
    assert "“KI-generiert”" in found.conclusion
    assert found.synthetic is None  # anybody can draw a label
    assert found.to_json()["label"]["text"] == "KI-generiert"


def test_no_real_face_is_taken_for_a_label(data):
    files = sorted(path for path in (data / "portraits").rglob("*") if path.suffix == ".jpg")
    seen = {}
    for path in files[::12]:
        try:
            seen[path.name] = find_label(path)
        except VivantError:
            continue
    assert len(seen) > 10
    assert {name: found for name, found in seen.items() if found} == {}
    assert LIKE > 0.65
