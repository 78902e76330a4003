from __future__ import annotations

import io
import itertools
from fractions import Fraction
from pathlib import Path
from typing import get_args

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vivant
from vivant.errors import SettingsError, ShapeError
from vivant.marks import Label, LabelSettings, lettering
from vivant.marks.corners import covered
from vivant.marks.words import WORDS, Language
from vivant.media import read_image

SAMPLE = "samples/grace_hopper.jpg"

CORNERS = ("bottom-left", "bottom-right", "top-left", "top-right")


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of WCAG 2.2 of (..., 3) colours."""
    share = rgb.astype(float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def drawn(label: Label, image: np.ndarray, faces=(), time=None) -> np.ndarray:
    copy = image.copy()
    label.draw(copy, faces, time)
    return copy


def place(settings: LabelSettings, width: int, height: int, faces=()):
    """Return where a new label lies in a picture with these faces."""
    label = Label(settings, width, height)
    label.draw(np.zeros((height, width, 3), np.uint8), faces)
    return label.place


def backgrounds(width: int, height: int) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    portrait = cv2.resize(read_image(Path(vivant.__file__).parent / SAMPLE), (width, height))
    plain = {
        name: np.full((height, width, 3), colour, np.uint8)
        for name, colour in {
            "white": (255, 255, 255), "black": (0, 0, 0), "grey": (128, 128, 128),
            "yellow": (255, 255, 0), "pale skin": (255, 224, 196), "dark skin": (88, 56, 40),
        }.items()
    }  # fmt: skip
    return {**plain, "noise": noise, "portrait": portrait, "negative": 255 - portrait}


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize("size", [(512, 512), (640, 360), (360, 640)])
def test_letters_stand_out_seven_to_one_from_whatever_lies_behind(language, size):
    width, height = size
    for card in (0, 2):
        settings = LabelSettings(language=language, card=card)
        blank = drawn(Label(settings, width, height), np.zeros((height, width, 3), np.uint8), (), 0)
        letters = blank.min(axis=2) == 255
        assert letters.sum() > 40
        for name, behind in backgrounds(width, height).items():
            label = Label(settings, width, height)
            image = drawn(label, behind, (), 0)
            x, y, wide, tall = label.place
            plate = np.zeros((height, width), bool)
            plate[y : y + tall, x : x + wide] = blank[y : y + tall, x : x + wide].max(axis=2) == 0
            darkest, lightest = luminance(image[letters]).min(), luminance(image[plate]).max()
            assert (darkest + 0.05) / (lightest + 0.05) >= 7, name


def test_only_the_plate_changes():
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    label = Label(LabelSettings(), 400, 300)
    changed = np.argwhere((drawn(label, image) != image).any(axis=2))
    x, y, wide, tall = label.place
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
    x, y, wide, tall = label.place
    assert 0 <= x <= x + wide <= width
    assert 0 <= y <= y + tall <= height


def test_a_picture_of_64_pixels_still_bears_the_whole_text():
    short = place(LabelSettings(text="AI"), 64, 64)
    assert place(LabelSettings(), 64, 64)[2] > 2 * short[2]


@pytest.mark.parametrize("corner", CORNERS)
def test_the_label_lies_in_the_corner_that_was_asked_for(corner):
    x, y, wide, tall = place(LabelSettings(corner=corner), 640, 360)
    assert ("left" in corner) == (x + wide / 2 < 320)
    assert ("top" in corner) == (y + tall / 2 < 180)


@pytest.mark.parametrize("corner", CORNERS)
def test_the_label_leaves_its_corner_to_a_face(corner):
    settled = place(LabelSettings(corner=corner), 512, 512)
    moved = place(LabelSettings(corner=corner), 512, 512, [settled])
    assert moved != settled
    assert moved[1] == settled[1]  # the other side of the same edge comes first


def test_a_face_that_fills_the_picture_leaves_room_for_the_short_label_at_least():
    full = [(0, 0, 256, 256)]
    found = place(LabelSettings(size=7), 256, 256, full)
    assert found == place(LabelSettings(text="AI", size=7), 256, 256, full)
    assert not covered(found, full)


def test_faces_that_leave_no_corner_free_get_the_label_all_the_same():
    assert place(LabelSettings(), 256, 256, [(-200, -200, 656, 656)])


def passing(label: Label, faces_over_time) -> list:
    """Return where the label lies in each frame, and check that it never lies on a face."""
    image, places = np.zeros((480, 640, 3), np.uint8), []
    for faces in faces_over_time:
        label.draw(image, faces)
        assert not covered(label.place, faces)
        places.append(label.place)
    return places


def moves(places) -> int:
    return sum(a != b for a, b in itertools.pairwise(places))


def test_the_label_makes_way_for_a_face_that_comes_and_stays_where_it_went():
    there = [[(x, 250, 160, 220)] for x in range(400, 0, -4)]
    places = passing(Label(LabelSettings(), 640, 480), [*there, *reversed(there)])
    assert moves(places) == 2  # once when the face came, once when it came back to the other side


def test_a_face_that_sways_at_the_border_makes_the_label_move_once():
    x, y, wide, _ = place(LabelSettings(), 640, 480)
    sway = [[(x + wide - 40 + 12 * (n % 2), y - 150, 200, 200)] for n in range(60)]
    assert moves(passing(Label(LabelSettings(), 640, 480), sway)) <= 1


def test_several_faces_are_all_kept_free():
    left, right, top = (10, 300, 150, 170), (480, 300, 150, 170), (0, 0, 180, 180)
    x, y, *_ = passing(Label(LabelSettings(), 640, 480), [[left, right, top]])[0]
    assert x > 320
    assert y < 240


def test_the_card_shows_for_its_seconds_then_the_label():
    label = Label(LabelSettings(card=1), 640, 360)
    image = np.full((360, 640, 3), 90, np.uint8)
    widths = []
    for number in range(50):
        label.draw(image, (), Fraction(7) + Fraction(number, 25))
        widths.append(label.place[2])
    assert widths == [640] * 25 + [place(LabelSettings(), 640, 360)[2]] * 25


def test_the_card_takes_the_edge_with_less_face():
    label = Label(LabelSettings(card=1), 640, 360)
    for top, faces in ((False, [(200, 0, 200, 200)]), (True, [(200, 160, 200, 200)])):
        label.draw(np.zeros((360, 640, 3), np.uint8), faces, 0)
        assert (label.place[1] == 0) == top


def test_live_keeps_the_label_on():
    assert LabelSettings().kept_on("live") == LabelSettings()
    with pytest.raises(SettingsError, match="cannot be switched off here"):
        LabelSettings(text="off", off_reason="none of it").kept_on("live")


def test_size_is_a_share_of_the_height():
    heights = [place(LabelSettings(size=size), 1000, 1000)[3] for size in (4, 8)]
    assert heights == [40, 80]


def test_every_language_has_words_of_its_own():
    assert set(WORDS) == set(get_args(Language))
    assert len({LabelSettings(language=language).words for language in WORDS}) == len(WORDS)
    black = np.zeros((512, 512, 3), np.uint8)
    for card in (0, 1):
        shown = [
            drawn(Label(LabelSettings(language=language, card=card), 512, 512), black, (), 0)
            for language in WORDS
        ]
        for a, b in itertools.combinations(shown, 2):
            assert (a != b).any()


def test_a_text_of_ones_own_takes_the_place_of_the_language():
    assert LabelSettings(text="Von KI erzeugt", language="de").words == "Von KI erzeugt"


@pytest.mark.parametrize("language", ["ko", "hi"])
def test_scripts_that_opencv_cannot_set_are_carried(language):
    for text in (WORDS[language].label, *WORDS[language].card):
        assert (Path(lettering.__file__).parent / "texts" / lettering.carried_name(text)).is_file()


def test_nothing_is_carried_that_no_language_says():
    said = {
        lettering.carried_name(text)
        for words in WORDS.values()
        for text in (words.label, words.short, *words.card)
    }
    folder = Path(lettering.__file__).parent / "texts"
    assert {path.name for path in folder.glob("*.png")} <= said


def test_a_text_that_the_font_cannot_write_is_refused_with_the_letters():
    with pytest.raises(SettingsError, match="cannot write"):
        Label(LabelSettings(text="कखग"), 512, 512)


@pytest.mark.parametrize("language", list(WORDS))
def test_the_label_is_told_from_those_of_other_languages_after_re_encoding_at_360p(language):
    before = backgrounds(640, 360)["portrait"]
    label = Label(LabelSettings(language=language), 640, 360)
    label.draw(before)
    after = reencoded(before).mean(axis=2)
    alike = {}
    for other in WORDS:
        template = Label(LabelSettings(language=other), 640, 360)
        blank = drawn(template, np.zeros((360, 640, 3), np.uint8))
        x, y, wide, tall = template.place
        here = np.s_[y : y + tall, x : x + wide]
        alike[other] = np.corrcoef(blank[here][..., 0].ravel(), after[here].ravel())[0, 1]
    assert alike[language] > 0.85
    assert max(value for other, value in alike.items() if other != language) < 0.7


def reencoded(image: np.ndarray) -> np.ndarray:
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "30"})
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
    np.testing.assert_array_equal(drawn(label, black), black)
    assert label.place is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": " "},
        {"text": "x" * 61},
        {"text": "a\nb"},
        {"corner": "middle"},
        {"size": 1},
        {"card": 11},
        {"card": -1},
        {"language": "tlh"},
    ],
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
