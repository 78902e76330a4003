from __future__ import annotations

import io

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivant.errors import SettingsError, ShapeError
from vivant.marks import Label, LabelSettings

CORNERS = ("bottom-left", "bottom-right", "top-left", "top-right")


def luminance(rgb: np.ndarray) -> float:
    """Relative luminance of WCAG 2.2."""
    share = rgb.astype(float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def drawn(label: Label, image: np.ndarray) -> np.ndarray:
    copy = image.copy()
    label.draw(copy)
    return copy


@pytest.mark.parametrize("behind", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 255, 0)])
@pytest.mark.parametrize("size", [(512, 512), (1280, 720), (720, 1280)])
def test_letters_stand_out_seven_to_one_from_any_colour(behind, size):
    width, height = size
    label = Label(LabelSettings(), width, height)
    image = drawn(label, np.full((height, width, 3), behind, np.uint8))
    x, y, wide, tall = label.box
    plate = image[y : y + tall, x : x + wide].reshape(-1, 3)
    shades = [luminance(pixel) for pixel in np.unique(plate, axis=0)]
    assert (max(shades) + 0.05) / (min(shades) + 0.05) >= 7


def test_only_the_plate_changes():
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    label = Label(LabelSettings(), 400, 300)
    changed = np.argwhere((drawn(label, image) != image).any(axis=2))
    x, y, wide, tall = label.box
    assert changed.size
    assert (changed >= (y, x)).all()
    assert (changed < (y + tall, x + wide)).all()


def test_one_label_draws_the_same_on_every_frame():
    label = Label(LabelSettings(), 200, 200)
    grey = np.full((200, 200, 3), 90, np.uint8)
    first = drawn(label, grey)
    drawn(label, np.zeros((200, 200, 3), np.uint8))
    np.testing.assert_array_equal(drawn(label, grey), first)


@given(width=st.integers(1, 90), height=st.integers(1, 90), corner=st.sampled_from(CORNERS))
@settings(max_examples=60, deadline=None)
def test_the_label_fits_into_every_tiny_picture(width, height, corner):
    label = Label(LabelSettings(corner=corner), width, height)
    label.draw(np.zeros((height, width, 3), np.uint8))
    x, y, wide, tall = label.box
    assert 0 <= x <= x + wide <= width
    assert 0 <= y <= y + tall <= height


def test_a_picture_of_64_pixels_still_bears_the_whole_text():
    whole = Label(LabelSettings(), 64, 64)
    short = Label(LabelSettings(text="AI"), 64, 64)
    assert whole.box[2] > 2 * short.box[2]


@pytest.mark.parametrize("corner", CORNERS)
def test_the_label_lies_in_the_corner_that_was_asked_for(corner):
    x, y, wide, tall = Label(LabelSettings(corner=corner), 640, 360).box
    assert ("left" in corner) == (x + wide / 2 < 320)
    assert ("top" in corner) == (y + tall / 2 < 180)


@pytest.mark.parametrize("corner", CORNERS)
def test_the_label_leaves_its_corner_to_a_face(corner):
    settled = Label(LabelSettings(corner=corner), 512, 512).box
    moved = Label(LabelSettings(corner=corner), 512, 512, avoid=settled).box
    assert moved != settled
    assert moved[1] == settled[1]  # the other side of the same edge comes first


def test_a_face_that_fills_the_picture_gets_the_label_all_the_same():
    label = Label(LabelSettings(), 256, 256, avoid=(0, 0, 256, 256))
    assert label.box == Label(LabelSettings(), 256, 256).box


def test_size_is_a_share_of_the_height():
    heights = [Label(LabelSettings(size=size), 1000, 1000).box[3] for size in (4, 8)]
    assert heights == [40, 80]


@pytest.mark.parametrize(
    "text", ["KI-generiert", "Généré par IA", "Generado por IA", "AI로 생성됨", "Створено ШІ"]
)
def test_labels_in_other_languages_differ_from_the_english_one(text):
    black = np.zeros((512, 512, 3), np.uint8)
    english = drawn(Label(LabelSettings(), 512, 512), black)
    assert (drawn(Label(LabelSettings(text=text), 512, 512), black) != english).any()


def test_a_text_that_the_font_cannot_write_is_refused_with_the_letters():
    with pytest.raises(SettingsError, match="cannot write"):
        Label(LabelSettings(text="एआई"), 512, 512)


def test_the_text_survives_re_encoding_at_360p():
    before = np.full((360, 640, 3), 120, np.uint8)
    label = Label(LabelSettings(), 640, 360)
    label.draw(before)
    after = reencoded(before)
    x, y, wide, tall = label.box
    a, b = (p[y : y + tall, x : x + wide].mean(axis=2).ravel() for p in (before, after))
    assert np.corrcoef(a, b)[0, 1] > 0.9


def reencoded(image: np.ndarray) -> np.ndarray:
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "32"})
        stream.height, stream.width, stream.pix_fmt = *image.shape[:2], "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    memory.seek(0)
    with av.open(memory) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_no_label_without_a_reason_and_no_reason_with_a_label():
    with pytest.raises(SettingsError, match="stated reason"):
        LabelSettings(text="off")
    with pytest.raises(SettingsError, match="stated reason"):
        LabelSettings(text="off", off_reason="  ")
    with pytest.raises(SettingsError, match="the label is on"):
        LabelSettings(off_reason="an exhibition")


def test_a_label_that_is_off_draws_nothing():
    label = Label(LabelSettings(text="off", off_reason="the wall beside it says so"), 64, 64)
    black = np.zeros((64, 64, 3), np.uint8)
    assert label.box is None
    np.testing.assert_array_equal(drawn(label, black), black)


@pytest.mark.parametrize(
    "wrong",
    [{"text": " "}, {"text": "x" * 61}, {"text": "a\nb"}, {"corner": "middle"}, {"size": 1}],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError, match="got"):
        LabelSettings(**wrong)


def test_pictures_of_another_size_type_or_read_only_are_refused():
    label = Label(LabelSettings(), 64, 48)
    locked = np.zeros((48, 64, 3), np.uint8)
    locked.setflags(write=False)
    for wrong in (np.zeros((64, 48, 3), np.uint8), np.zeros((48, 64, 3)), locked):
        with pytest.raises(ShapeError, match=r"Label\.draw"):
            label.draw(wrong)


def test_drawing_into_a_view_changes_the_frame_that_it_shows():
    frame = np.zeros((100, 100, 3), np.uint8)
    Label(LabelSettings(), 50, 100).draw(frame[:, 50:])
    assert frame[:, 50:].any()
    assert not frame[:, :50].any()
