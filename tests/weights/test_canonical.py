from __future__ import annotations

import numpy as np
import pytest

from vivant.landmarks import LEFT_EYE, RIGHT_EYE
from vivant.weights.canonical import canonical_face


@pytest.fixture(scope="module")
def head():
    return canonical_face()


def test_every_array_has_its_documented_shape(head):
    assert head.vertices.shape == (468, 3)
    assert head.triangles.shape == (898, 3)
    assert head.uv.shape == (468, 2)
    assert head.weights.shape == (468,)
    assert head.triangles.min() == 0
    assert head.triangles.max() == 467


def test_axes_are_right_down_and_away(head):
    nose, forehead, chin = head.vertices[[1, 10, 152]]
    assert nose[2] < head.vertices[[RIGHT_EYE[0], LEFT_EYE[0]], 2].min(), "the nose is nearest"
    assert forehead[1] < nose[1] < chin[1]
    right, left = head.vertices[[RIGHT_EYE[0], LEFT_EYE[0]]]
    assert right[0] < 0 < left[0], "the person's right eye is on the picture's left"


def test_the_head_is_measured_in_centimetres(head):
    right, left = head.vertices[[RIGHT_EYE[0], LEFT_EYE[0]]]
    assert 8 < np.linalg.norm(right - left) < 10, "between the outer corners of the eyes"


def test_the_head_is_its_own_mirror_image(head):
    mirrored = head.vertices * [-1, 1, 1]
    nearest = np.linalg.norm(head.vertices[:, None] - mirrored, axis=2).min(axis=1)
    assert nearest.max() < 1e-3


def test_triangles_run_counter_clockwise_in_the_picture(head):
    a, b, c = head.vertices[head.triangles][:, :, :2].transpose(1, 0, 2)
    u, v = b - a, c - a
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    assert (area < 0).mean() > 0.97, "a few lie behind the rim of the face"


def test_uv_lies_in_the_unit_square_and_runs_down(head):
    assert head.uv.min() >= 0
    assert head.uv.max() <= 1
    assert head.uv[10, 1] < head.uv[152, 1]


def test_the_arrays_cannot_be_changed(head):
    for array in (head.vertices, head.triangles, head.uv, head.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
