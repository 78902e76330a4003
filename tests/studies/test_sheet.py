from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import vivant.studies
from vivant.studies import sheet


@pytest.mark.parametrize("shape", [(300, 300, 3), (144, 256, 3), (1280, 720, 3), (20, 30, 3)])
def test_a_drawn_picture_bears_the_label_in_a_sheet_and_nowhere_else(shape):
    picture = np.full(shape, 200, np.uint8)
    shown = sheet.generated(picture)
    assert shown.shape[1] == sheet.WIDTH
    assert (picture == 200).all()
    assert 0 < (shown != 200).any(axis=2).mean() < 0.1
    assert shown.min(axis=2).max() > 230


def test_every_sheet_of_every_study_labels_what_was_drawn():
    source = Path(vivant.studies.__file__).parent
    makers = [path for path in source.rglob("*.py") if "sheet.column(" in path.read_text("utf-8")]
    assert len(makers) >= 5
    for path in makers:
        names = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert "generated" in names, path
