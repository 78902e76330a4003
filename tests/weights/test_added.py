"""What is added without torch: names, records, files for metrics."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from vivant import engines
from vivant.errors import AskedWrongly, MissingWeights, PathRefused, WeightsError
from vivant.weights import added, hashed, known, store


def put(home: Path, label: str, content: bytes = b"kept") -> Path:
    """Lay a file there as if it had been added."""
    file = home / f"{label}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    told = {"sha256": hashed.digest(file), "licence": "MIT", "origin": "me", "added": "2026-01-02"}
    file.with_suffix(".json").write_text(json.dumps({**told, "original": {"a.pth": "1"}}))
    return file


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("fom/vox-256", "did you mean 'fomm'"),
        ("mesh/x", "no engine 'mesh' takes weights"),
        ("fomm", "--as fomm/vox-256"),
        ("lpip", "did you mean 'lpips'"),
        ("fomm/../../x", "cannot be the name"),
        ("fomm/", "cannot be the name"),
        ("fomm/CON.", "cannot be the name"),
    ],
)
def test_names_that_nothing_has_are_asked_wrongly(label, wanted, tmp_path, weights_home):
    with pytest.raises(AskedWrongly, match=wanted):
        store.add(tmp_path / "a.pth", label)


def test_what_a_metric_wants_is_tried_before_it_is_kept(tmp_path, weights_home):
    carried = Path(__file__).parent.parent / "metrics" / "added"
    with pytest.raises(WeightsError, match=r"vivant weights add lpips\.onnx --as lpips"):
        added.wanted("lpips")
    with pytest.raises(WeightsError, match=r"is wanted|cannot run"):
        store.add(carried / "fid_inception.onnx", "lpips")
    store.add(carried / "lpips.onnx", "lpips", licence="mine")
    assert added.wanted("lpips").read_bytes() == (carried / "lpips.onnx").read_bytes()
    assert store.record("lpips").licence == "mine"
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"\x08\x07" + bytes(range(256)))
    with pytest.raises(WeightsError, match=r"bad\.onnx"):
        store.add(bad, "fid_inception")
    with pytest.raises(PathRefused):
        store.add(tmp_path / "none.onnx", "fid_inception")
    assert [one.label for one in store.records()] == ["lpips"]


@pytest.mark.parametrize("engine", known.METHODS)
def test_without_weights_it_says_what_is_needed_where_it_is_and_how_to_add_it(engine, weights_home):
    with pytest.raises(MissingWeights, match=rf"vivant weights add .* --as {engine}/") as caught:
        store.chosen(engine, None)
    for public in known.METHODS[engine].published.values():
        assert public.licence
        assert public.origin
        break
    else:
        assert known.METHODS[engine].unpublished in str(caught.value)


def test_weights_are_found_by_name_by_file_or_as_the_only_ones(weights_home, tmp_path):
    first = put(weights_home, "fomm/vox-256")
    assert store.chosen("fomm", None) == store.chosen("fomm", "vox-256") == first
    assert store.chosen("fomm", str(first)) == first
    with pytest.raises(AskedWrongly, match="did you mean 'vox-256'"):
        store.chosen("fomm", "vox256")
    with pytest.raises(MissingWeights, match=r"vox-adv-cpk|vox-cpk"):
        store.chosen("fomm", "vox-adv-256")
    original = tmp_path / "vox-cpk.pth.tar"
    original.write_bytes(b"x")
    with pytest.raises(AskedWrongly, match=r"Add it first: vivant weights add"):
        store.chosen("fomm", str(original))
    put(weights_home, "fomm/mine")
    with pytest.raises(AskedWrongly, match=r"several weights: mine, vox-256"):
        store.chosen("fomm", None)


def test_a_changed_or_unrecorded_file_is_not_intact(weights_home):
    file = put(weights_home, "fomm/mine")
    record = store.record("fomm/mine")
    assert store.intact(record)
    assert (record.licence, record.original) == ("MIT", {"a.pth": "1"})
    file.write_bytes(b"Kept")
    assert not store.intact(record)
    file.with_suffix(".json").write_text("[1")
    assert not store.intact(store.record("fomm/mine"))
    assert store.record("fomm/mine").licence == "not stated"
    store.remove("fomm/mine")
    assert not list(weights_home.iterdir())
    with pytest.raises(AskedWrongly, match="no weights 'fomm/mine' were added"):
        store.record("fomm/mine")


def test_what_a_killed_process_left_is_swept_away_a_day_later(tmp_path, weights_home):
    page = tmp_path / "page.onnx"
    page.write_text("<!doctype html>")
    old, new = weights_home / ".adding-old", weights_home / ".adding-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "converted.safetensors").write_bytes(b"half")
    os.utime(old, (0, 0))
    with pytest.raises(WeightsError, match="is a web page"):
        store.add(page, "lpips")
    assert list(weights_home.iterdir()) == [new]
    assert store.records() == []


def test_engines_tell_which_weights_they_have(weights_home):
    assert engines.describe("mesh").weights is None
    assert engines.describe("mesh").ready
    assert engines.describe("fomm").weights == ()
    assert not engines.describe("fomm").ready
    put(weights_home, "fomm/mine")
    assert engines.describe("fomm").weights == ("mine",)
