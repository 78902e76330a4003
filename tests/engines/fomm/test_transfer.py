from __future__ import annotations

import cases
import numpy as np
import pytest

from vivant.engines.fomm import transfer


def points(case: cases.Case, name: str) -> dict[str, np.ndarray]:
    parts = (part for part in ("value", "jacobian") if f"{name}.{part}" in case.arrays)
    return {part: case.arrays[f"{name}.{part}"] for part in parts}


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("A_vox", "relative_adapt", {}),
        ("A_vox", "relative", {"adapt_scale": False}),
        ("A_vox", "relative_value_only", {"adapt_scale": False, "jacobians": False}),
        ("A_nojac", "relative_adapt", {}),
        ("A_nojac", "relative", {"adapt_scale": False}),
    ],
)
def test_relative_motion_is_the_recorded_one(name, mode, options):
    case = cases.carried(f"fomm/{name}")
    source, driving, initial = (
        points(case, f"kp_{who}") for who in ("source", "driving", "driving_initial")
    )
    found = transfer.relative(source, driving, initial, **options)
    case.check_all(f"kp_norm.{mode}", found, 1e-5)
    assert found.keys() == driving.keys()
    assert all(array.dtype == np.float32 for array in found.values())


def test_no_change_of_the_driver_leaves_the_portrait_as_it_is():
    rng = np.random.default_rng(0)
    source, driver = (
        {"value": rng.random((5, 2), np.float32), "jacobian": np.eye(2, dtype=np.float32) + 0.1}
        for _ in range(2)
    )
    found = transfer.relative(source, driver, driver)
    np.testing.assert_allclose(found["value"], source["value"], atol=1e-7)
    np.testing.assert_allclose(found["jacobian"], source["jacobian"], atol=1e-6)


def test_a_larger_portrait_moves_further():
    source = {"value": np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)}
    initial = {"value": source["value"] / 2}
    driving = {"value": initial["value"] + np.float32(0.1)}
    found = transfer.relative(source, driving, initial)
    np.testing.assert_allclose(found["value"], source["value"] + 0.2, atol=1e-6)


def test_the_best_frame_has_the_portraits_pose_wherever_and_however_large():
    rng = np.random.default_rng(4)
    portrait = rng.random((20, 3))
    faces = [rng.random((20, 3)) for _ in range(5)]
    faces[3] = (portrait + 0.01 * rng.random((20, 3))) * 40 + 300
    assert transfer.best_frame(portrait, faces) == 3
    assert transfer.best_frame(portrait, iter([None, *faces])) == 4
    with pytest.raises(ValueError, match="no frame of the driver shows a face"):
        transfer.best_frame(portrait, [None])


def test_key_points_on_a_line_do_not_scale():
    line = {"value": np.zeros((3, 2), np.float32)}
    found = transfer.relative({"value": np.ones((3, 2), np.float32)}, line, line)
    assert np.isfinite(found["value"]).all()
