"""The show goes on, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.engines import open_engine
from vivant.errors import CameraError, MediaError, NoFaceFound, SettingsError
from vivant.live import show as showing
from vivant.live.canvas import Canvas
from vivant.live.performer import Performer, ready
from vivant.live.session import LiveSettings, Session
from vivant.live.sinks import Shown
from vivant.marks import LabelSettings
from vivant.media import read_image


class Wall:
    """A sink that keeps what it is shown."""

    name = "wall"

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.more = threading.Condition()
        self.closed = 0

    def show(self, shown: Shown) -> None:
        with self.more:
            self.shown.append(shown)
            self.more.notify_all()

    def close(self) -> None:
        self.closed += 1

    def wait(self, count: int) -> Shown:
        """Return the newest picture once there are so many."""
        with self.more:
            assert self.more.wait_for(lambda: len(self.shown) >= count, 60)
            return self.shown[-1]


class Stepped:
    """A camera that gives the next picture when the last one was shown."""

    name = "stepped camera"
    ends = True

    def __init__(self, wall: Wall, pictures: list[np.ndarray]) -> None:
        self._wall, self._pictures = wall, pictures

    def pictures(self) -> Iterator[np.ndarray]:
        for index, picture in enumerate(self._pictures):
            if index:
                self._wall.wait(index)
            yield picture
        self._wall.wait(len(self._pictures))


@pytest.fixture
def play(session: Session) -> Callable[..., Wall]:
    """Show pictures one after another, and return what was seen of them."""

    def run(pictures: list[np.ndarray], *, before: Callable[[int], None] | None = None) -> Wall:
        wall = Wall()
        session.open(wall)
        if before is not None:
            shown = wall.show

            def told(one: Shown) -> None:
                shown(one)
                before(len(wall.shown))

            wall.show = told  # type: ignore[method-assign]
        session.run(Stepped(wall, pictures), threading.Event())
        return wall

    return run


def mouth(image: np.ndarray) -> np.ndarray:
    """The part of the sample's portrait, 256 x 300, where the mouth is."""
    return image[120:165, 100:170].astype(np.int16)


def test_every_sink_sees_the_portrait_move(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray]
) -> None:
    second = Wall()
    session.open(second)
    wall = play(faces)
    assert [one.image.shape for one in wall.shown] == [(300, 256, 3)] * len(faces)
    assert [one.time for one in wall.shown] == sorted(one.time for one in wall.shown)
    moved = [np.abs(mouth(one.image) - mouth(wall.shown[0].image)).max() for one in wall.shown]
    assert max(moved) > 20
    assert all(a is b for a, b in zip(wall.shown, second.shown, strict=True))
    tally = session.show.tally
    assert (tally.frames, tally.missed, tally.failures) == (len(faces), 0, 0)
    assert tally.latencies["wall"].count == 2 * len(faces)


def test_every_picture_carries_the_label(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray]
) -> None:
    blank = [np.zeros_like(faces[0])]
    wall = play(faces[:2] + blank)
    own = (session.performer.role.image[270:, :100] > 245).all(axis=2).sum()
    for one in wall.shown:
        assert (one.image[270:, :100] > 245).all(axis=2).sum() > own + 40  # its letters


def test_the_label_cannot_be_switched_off() -> None:
    off = LabelSettings(text="off", off_reason="a reason")
    with pytest.raises(SettingsError, match="cannot be switched off here"):
        Session(samples.portrait(), label=off, consent="own", tell=print)


def test_where_the_face_leaves_the_portrait_eases_to_rest_and_comes_back(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray]
) -> None:
    dark = np.zeros_like(faces[0])
    session.show._begun -= 10
    wall = play([*faces[:20], *[dark] * 25, *faces[20:22]])
    assert session.show.tally.missed == 25
    assert len(wall.shown) == 47


def test_an_engine_that_fails_leaves_a_still_with_a_notice_and_is_tried_again(
    session: Session,
    play: Callable[..., Wall],
    faces: list[np.ndarray],
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(showing, "_AGAIN", 0.0)
    whole, calls = Performer.perform, []

    def sometimes(self: Performer, frame: object) -> np.ndarray:
        calls.append(1)
        if len(calls) in (3, 4):
            raise RuntimeError("out of memory")
        return whole(self, frame)  # type: ignore[arg-type]

    monkeypatch.setattr(Performer, "perform", sometimes)
    wall = play(faces[:6])
    assert session.show.tally.failures == 2
    failed = [text for text in told if "the engine failed" in text]
    assert len(failed) == 1  # told once, not thirty times a second
    assert "out of memory" in failed[0]
    still = session.performer.role.image
    body = slice(100, 260)
    assert np.array_equal(wall.shown[2].image[body], still[body])
    assert not np.array_equal(wall.shown[2].image[:30], still[:30])
    assert not np.array_equal(wall.shown[5].image[body], still[body])


def test_a_frozen_camera_shows_a_card_and_not_the_last_frame_for_ever(
    session: Session, faces: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "FROZEN", 0.05)
    monkeypatch.setattr(showing, "_CARD_EVERY", 0.02)
    wall, cancel = Wall(), threading.Event()
    session.open(wall)

    class Frozen:
        name, ends = "frozen camera", False

        def pictures(self) -> Iterator[np.ndarray]:
            yield faces[0]
            wall.wait(3)
            yield faces[1]
            cancel.set()

    session.run(Frozen(), cancel)
    assert session.show.tally.cards >= 2
    card, still = wall.shown[1].image, session.performer.role.image
    assert card[50:100].mean() < 0.6 * still[50:100].mean()
    assert (card > 250).all(axis=2).sum() > 100  # words


def test_a_sink_that_fails_is_left_out_and_the_others_go_on(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray], told: list[str]
) -> None:
    class Full(Wall):
        name = "full disk"

        def show(self, shown: Shown) -> None:
            raise MediaError("out.mp4", "no room.", "Free space.")

    session.open(Full())
    wall = play(faces[:5])
    assert len(wall.shown) == 5
    assert [text for text in told if "full disk is left out" in text]


def test_a_camera_that_never_opens_ends_the_session(session: Session) -> None:
    class Missing:
        name, ends = "no camera", False

        def pictures(self) -> Iterator[np.ndarray]:
            raise CameraError("no camera: cannot be opened.")
            yield

    with pytest.raises(CameraError, match="cannot be opened"):
        session.run(Missing(), threading.Event())


def test_sinks_are_closed_with_the_session(faces: list[np.ndarray]) -> None:
    wall = Wall()
    settings = LiveSettings(canvas=Canvas(128, 152))
    with Session(samples.portrait(), settings, consent="own", tell=lambda _: None) as session:
        session.open(wall)
    assert wall.closed == 1


def test_the_face_at_rest_can_be_set_while_it_runs(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray]
) -> None:
    def neutral(count: int) -> None:
        if count == 20:
            session.show.ask(Performer.set_neutral)

    wall = play([*faces[:20], *[faces[19]] * 6], before=neutral)
    still = mouth(session.performer.role.image)
    before, after = mouth(wall.shown[19].image), mouth(wall.shown[-1].image)
    assert np.abs(after - still).mean() < np.abs(before - still).mean() + 1e-9
    assert session.performer.stream.reference is not None
    assert session.performer.stream.reference.unrest == -np.inf


def test_freezing_keeps_the_expression_and_goes_on_afterwards(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray]
) -> None:
    directions = session.performer.directions

    def freeze(count: int) -> None:
        directions.frozen = 10 <= count < 20

    wall = play(faces[:25], before=freeze)
    frozen = [mouth(one.image) for one in wall.shown[10:20]]
    assert all(np.array_equal(one, frozen[0]) for one in frozen)
    assert not np.array_equal(mouth(wall.shown[24].image), frozen[0])


def test_sliders_can_be_moved_while_it_runs(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray]
) -> None:
    def smile(count: int) -> None:
        session.performer.directions.controls = {"smile": 1.0} if count >= 3 else {}

    wall = play([faces[0]] * 8, before=smile)
    assert np.abs(mouth(wall.shown[7].image) - mouth(wall.shown[2].image)).max() > 20


def test_another_portrait_and_engine_come_on_without_a_gap(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray]
) -> None:
    image = read_image(samples.portrait())[:, ::-1].copy()
    other = session.role(image)
    still = ready(image, open_engine("still"), session.tracker, session.canvas, other.settings)

    def change(count: int) -> None:
        if count == 3:
            session.show.ask(lambda performer: performer.take(other))
        if count == 6:
            session.show.ask(lambda performer: performer.take(still))

    wall = play(faces[:9], before=change)
    assert len(wall.shown) == 9
    assert session.show.tally.failures == 0
    body = slice(100, 260)
    assert np.abs(wall.shown[4].image[body].astype(int) - other.image[body]).mean() < 12
    assert np.array_equal(wall.shown[8].image[body], still.image[body])


def test_a_portrait_of_another_shape_is_shown_whole_in_the_middle(faces: list[np.ndarray]) -> None:
    settings = LiveSettings(canvas=Canvas(640, 360))
    wall = Wall()
    with Session(samples.portrait(), settings, consent="own", tell=lambda _: None) as session:
        session.open(wall)
        session.run(Stepped(wall, faces[:2]), threading.Event())
    picture = wall.shown[-1].image
    assert picture.shape == (360, 640, 3)
    assert (
        np.ptp(picture[:, :100].reshape(-1, 3), axis=0).max() == 0 or picture[:300, :100].max() < 60
    )
    assert picture[100:200, 250:390].std() > 20


def test_two_faces_do_not_confuse_it(
    session: Session, play: Callable[..., Wall], faces: list[np.ndarray]
) -> None:
    """The larger one leads; a second one that comes in later is not followed."""
    small = cv2.resize(faces[0], None, fx=0.6, fy=0.6)
    both = []
    for index, face in enumerate(faces[:20]):
        wide = np.zeros((face.shape[0], face.shape[1] + small.shape[1], 3), np.uint8)
        wide[:, : face.shape[1]] = face
        if index >= 5:
            wide[: small.shape[0], face.shape[1] :] = small
        both.append(wide)
    play(both)
    stream = session.performer.stream
    followed = next(face for face in stream.faces if face.track == stream.track)
    assert followed.landmarks[:, 0].mean() < faces[0].shape[1]


def test_a_portrait_without_a_face_is_refused() -> None:
    with pytest.raises(NoFaceFound):
        Session(np.full((256, 256, 3), 90, np.uint8), consent="own", tell=lambda _: None)
