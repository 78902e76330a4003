"""What every engine promises; a new engine is found by its name and tested too."""

from __future__ import annotations

import threading
from dataclasses import replace

import cases
import made
import numpy as np
import pytest

from vivant import engines
from vivant.engines import Engine, Replacing
from vivant.engines.layers import loading
from vivant.errors import SettingsError, UnknownEngine
from vivant.landmarks import SCORE_NAMES
from vivant.types import Drawn, FaceCrop, Motion

SMALL = {"mesh": {"size": 256}}
"""Settings small enough to run here on a CPU."""

LEARNED = {
    "fomm": "fomm/A_vox",
    "ganimation": "ganimation/A_small",
    "glow": "glow/A_affine_lu",
    "liveportrait": "liveportrait/A_small",
}
"""Engines that need weights, and the recorded case whose small random ones they get here."""

MADE = {"fpn": made.fpn}
"""Engines of which nothing is recorded, and what makes their small random weights."""

NOISE = {"fomm", "fpn", "ganimation", "liveportrait"}
"""What such networks draw is noise: it changes with the driver, but looks like nobody. A flow's
way back is exact with any weights."""

MOVING = [name for name in engines.names() if name != "still"]
"""The baseline draws no change, which is its business."""


COMPILED = [f"{name} compiled" for name in (*LEARNED, *MADE)]
"""The same engines, their networks run by OpenVINO."""


def named(request: pytest.FixtureRequest) -> str:
    """Return the name of the engine that a test has."""
    return str(request.node.callspec.params["engine"]).partition(" ")[0]


@pytest.fixture(scope="module", params=[*engines.names(), *COMPILED])
def engine(request: pytest.FixtureRequest, tmp_path_factory) -> Engine:
    name, _, quick = request.param.partition(" ")
    if not engines.describe(name).installed:
        pytest.skip(f"needs {', '.join(engines.describe(name).missing)}")
    if name not in LEARNED and name not in MADE:
        return engines.open_engine(name, SMALL.get(name))
    folder = tmp_path_factory.mktemp(name)
    if name in LEARNED:
        file = cases.kept(cases.carried(LEARNED[name]), folder)
    else:
        file = MADE[name](folder)
    if quick:
        loading.compile_weights(name, file)
    runtime = "openvino" if quick else "torch"
    return engines.open_engine(name, {"weights": str(file), "runtime": runtime})


@pytest.fixture
def faithful(engine: Engine, request: pytest.FixtureRequest) -> Engine:
    if named(request) in NOISE:
        pytest.skip("random weights draw noise")
    return engine


@pytest.fixture
def moving(engine: Engine, request: pytest.FixtureRequest) -> Engine:
    if named(request) not in MOVING:
        pytest.skip("leaves the portrait as it is")
    return engine


@pytest.fixture(scope="module")
def portrait(engine: Engine, cut_for) -> FaceCrop:
    return cut_for(engine)


def driver(portrait: FaceCrop, shift: float = 4.0) -> FaceCrop:
    """The same face with its mouth and one eye moved: another frame of a driver."""
    landmarks = portrait.landmarks.copy()
    landmarks[[14, 17, 87, 317, 152], 1] += shift
    landmarks[[159, 158, 160], 1] += shift / 4
    image = portrait.image.copy()
    below = image.shape[0] // 2
    image[below:] = np.roll(image[below:], round(shift), axis=0)
    scores = portrait.scores.copy()
    scores[SCORE_NAMES.index("jawOpen")] += shift / 24
    return replace(portrait, image=image, landmarks=landmarks, scores=scores)


def draw(engine: Engine, portrait: FaceCrop, motion: Motion) -> Drawn:
    (drawn,) = engine.render(engine.encode(portrait), [motion])
    return drawn


def same(a: Motion, b: Motion) -> bool:
    return a.arrays.keys() == b.arrays.keys() and all(
        np.array_equal(a.arrays[name], b.arrays[name]) for name in a.arrays
    )


def test_it_speaks_the_verbs(engine: Engine) -> None:
    assert isinstance(engine, Engine)
    assert engine.needs <= {"landmarks", "scores", "pixels"}


def test_it_draws_its_own_size(engine: Engine, portrait: FaceCrop) -> None:
    drawn = draw(engine, portrait, engine.motion(driver(portrait)))
    assert drawn.image.shape == (engine.size, engine.size, 3)
    assert drawn.alpha is None or drawn.alpha.shape == (engine.size, engine.size)


def test_motions_are_float32_arrays(engine: Engine, portrait: FaceCrop) -> None:
    for name, array in engine.motion(portrait).arrays.items():
        assert array.dtype == np.float32, name


def test_rest_draws_the_portrait_as_it_is(faithful: Engine, portrait: FaceCrop) -> None:
    encoded = faithful.encode(portrait)
    (drawn,) = faithful.render(encoded, [faithful.rest(encoded)])
    shown = drawn.alpha > 0 if drawn.alpha is not None else np.ones(drawn.image.shape[:2], bool)
    difference = np.abs(drawn.image.astype(int) - portrait.image)[shown]
    assert difference.size == 0 or difference.mean() < 2


def test_no_change_of_the_driver_is_rest(engine: Engine, portrait: FaceCrop) -> None:
    encoded = engine.encode(portrait)
    motion = engine.motion(driver(portrait))
    carried = engine.relative(encoded, motion, motion)
    (still,) = engine.render(encoded, [carried])
    (rest,) = engine.render(encoded, [engine.rest(encoded)])
    assert np.abs(still.image.astype(int) - rest.image).mean() < 0.5


def test_a_change_of_the_driver_is_drawn(moving: Engine, portrait: FaceCrop) -> None:
    encoded = moving.encode(portrait)
    reference, moved = moving.motion(portrait), moving.motion(driver(portrait, 12.0))
    motions = [moving.rest(encoded), moving.relative(encoded, reference, moved)]
    rest, drawn = (drawn.image.astype(int) for drawn in moving.render(encoded, motions))
    assert np.abs(drawn - rest).max() > 30


def test_motion_is_pure(engine: Engine, portrait: FaceCrop) -> None:
    first = engine.motion(portrait)
    engine.motion(driver(portrait, 9.0))
    assert same(first, engine.motion(portrait))


def test_render_is_pure(engine: Engine, portrait: FaceCrop) -> None:
    encoded = engine.encode(portrait)
    motions = [engine.motion(driver(portrait, shift)) for shift in (3.0, 9.0)]
    together = [drawn.image for drawn in engine.render(encoded, motions)]
    apart = [draw(engine, portrait, motion).image for motion in reversed(motions)]
    np.testing.assert_array_equal(together[0], apart[1])
    np.testing.assert_array_equal(together[1], apart[0])


def test_it_leaves_its_inputs_alone(engine: Engine, portrait: FaceCrop) -> None:
    before = portrait.image.copy(), portrait.landmarks.copy()
    encoded = engine.encode(portrait)
    reference, motion = engine.motion(portrait), engine.motion(driver(portrait))
    kept = {name: array.copy() for name, array in motion.arrays.items()}
    carried = engine.relative(encoded, reference, motion)
    list(engine.render(encoded, [carried, engine.blend(reference, motion, 0.5)]))
    np.testing.assert_array_equal(portrait.image, before[0])
    np.testing.assert_array_equal(portrait.landmarks, before[1])
    for name, array in kept.items():
        np.testing.assert_array_equal(motion.arrays[name], array)


def test_blend_goes_from_one_to_the_other(moving: Engine, portrait: FaceCrop) -> None:
    a, b = moving.motion(portrait), moving.motion(driver(portrait, 12.0))
    at = {share: draw(moving, portrait, moving.blend(a, b, share)).image for share in (0, 0.5, 1)}
    ends = [draw(moving, portrait, motion).image for motion in (a, b)]
    assert np.abs(at[0].astype(int) - ends[0]).mean() < 0.5
    assert np.abs(at[1].astype(int) - ends[1]).mean() < 0.5
    whole = np.abs(ends[0].astype(int) - ends[1]).mean()
    assert np.abs(at[0.5].astype(int) - ends[0]).mean() < whole


def test_one_engine_serves_many_threads(engine: Engine, portrait: FaceCrop) -> None:
    encoded = engine.encode(portrait)
    shifts = [2.0, 5.0, 8.0, 11.0]
    wanted = [draw(engine, portrait, engine.motion(driver(portrait, s))).image for s in shifts]
    got: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        for _ in range(3):
            motion = engine.motion(driver(portrait, shifts[number]))
            (drawn,) = engine.render(encoded, [motion])
            got[number] = drawn.image

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(shifts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, image in enumerate(wanted):
        np.testing.assert_array_equal(got[number], image)


def test_the_baseline_changes_no_pixel(cut_for) -> None:
    still = engines.open_engine("still")
    face = cut_for(still)
    drawn = draw(still, face, still.motion(driver(face, 12.0)))
    assert not drawn.alpha.any()
    np.testing.assert_array_equal(drawn.image, face.image)


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(UnknownEngine, match="did you mean 'mesh'"):
        engines.open_engine("mehs")


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(SettingsError, match="did you mean 'strength'"):
        engines.open_engine("mesh", {"strenght": 1.0})


def test_an_engine_for_videos_replaces_what_is_there(engine: Engine, portrait: FaceCrop) -> None:
    """The expression is the neutral face's with the driver's change; not the portrait's own."""
    if not isinstance(engine, Replacing):
        pytest.skip("draws pictures only")
    steady = engine.steady()
    assert isinstance(steady, Replacing)
    rest, talking = engine.motion(portrait), driver(portrait, 12.0)
    still = steady.replaced(steady.encode(portrait), rest, rest, rest)
    (drawn,) = steady.render(steady.encode(portrait), [still])
    assert drawn.alpha is not None
    assert drawn.alpha.mean() < 1  # nothing to replace: nothing drawn
    encoded = steady.encode(talking)
    (silent,) = steady.render(encoded, [steady.replaced(encoded, rest, rest, rest)])
    assert silent.alpha is not None
    assert silent.alpha.mean() > 5
    moved = steady.replaced(steady.encode(portrait), rest, rest, engine.motion(talking))
    (speaking,) = steady.render(steady.encode(portrait), [moved])
    assert speaking.alpha is not None
    assert speaking.alpha.mean() > 5
