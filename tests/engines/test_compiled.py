"""Compiled networks draw what torch draws, and need no torch for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import AskedWrongly, PathRefused, SettingsError, WeightsError
from vivant.landmarks import SCORE_NAMES
from vivant.types import FaceCrop

torch = pytest.importorskip("torch", reason="compiling needs the extra learned")
pytest.importorskip("safetensors", reason="compiling needs the extra learned")

import cases  # noqa: E402
import made  # noqa: E402

from vivant import engines  # noqa: E402
from vivant.cli import main  # noqa: E402
from vivant.engines.layers import loading  # noqa: E402
from vivant.weights import added, compiled, hashed, runtime  # noqa: E402

CASES = {
    "fomm": "fomm/A_vox",
    "ganimation": "ganimation/A_small",
    "glow": "glow/A_affine_lu",
    "liveportrait": "liveportrait/A_small",
}
NAMES = ["fomm", "fpn", "ganimation", "glow", "liveportrait"]


def weights_of(name: str, folder: Path) -> Path:
    if name == "fpn":
        return made.fpn(folder)
    return cases.kept(cases.carried(CASES[name]), folder)


@pytest.fixture(scope="module", params=NAMES)
def compiled_engine(request, tmp_path_factory) -> tuple[str, Path]:
    file = weights_of(request.param, tmp_path_factory.mktemp(request.param))
    loading.compile_weights(request.param, file)
    return request.param, file


def store_record(place: Path) -> Path:
    """Write the record that adding would have written; return the weights."""
    file = place / "mine.safetensors"
    told = {"sha256": hashed.digest(file), "licence": "x", "origin": "x", "added": "2026"}
    file.with_suffix(".json").write_text(json.dumps({**told, "original": {}}), encoding="utf-8")
    return file


def crop(size: int, seed: int) -> FaceCrop:
    """A smooth picture with scores and landmarks that belong to nobody."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (8, 8, 3), np.uint8)
    image = coarse.repeat(size // 8, 0).repeat(size // 8, 1)
    scores = rng.uniform(0, 1, len(SCORE_NAMES)).astype(np.float32)
    landmarks = rng.uniform(0, size, (478, 3)).astype(np.float32)
    return FaceCrop(image, landmarks, scores, None, np.eye(3))


def drawn(engine) -> np.ndarray:
    portrait, driving = crop(engine.size, 0), crop(engine.size, 1)
    encoded = engine.encode(portrait)
    (shown,) = engine.render(encoded, [engine.motion(driving)])
    return shown.image.astype(int)


def test_it_draws_what_torch_draws(compiled_engine):
    name, file = compiled_engine
    by_torch, quick = (
        engines.open_engine(name, {"weights": str(file), "runtime": who})
        for who in ("torch", "openvino")
    )
    # a fraction at the border of two steps may fall to either side
    assert np.abs(drawn(by_torch) - drawn(quick)).max() <= 1


def test_it_is_the_default_on_the_cpu_in_the_folder_of_weights_only(compiled_engine, monkeypatch):
    name, file = compiled_engine
    assert type(loading.networks(name, file)).__module__ == f"vivant.engines.{name}.eager"
    monkeypatch.setattr(added, "folder", lambda: file.parent)
    assert type(loading.networks(name, file)).__module__ == f"vivant.engines.{name}.compiled"


def test_every_part_answers_as_torch_does(compiled_engine):
    engine, file = compiled_engine
    known = compiled.found(file, engine)
    assert known is not None
    assert known.parts
    for part in known.parts:
        assert part.difference < 1e-4, part
        assert (compiled.folder(file) / f"{part.name}.xml").exists()


def test_it_animates_where_there_is_no_torch(compiled_engine):
    name, file = compiled_engine
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import json, pathlib\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from vivant import engines\n"
        "from vivant.types import FaceCrop\n"
        "import numpy as np\n"
        f"e = engines.open_engine({name!r}, {{'weights': {str(file)!r}, 'runtime': 'openvino'}})\n"
        "image = np.zeros((e.size, e.size, 3), np.uint8)\n"
        "zeros = np.zeros((478, 3), np.float32), np.zeros(52, np.float32)\n"
        "face = FaceCrop(image, *zeros, None, np.eye(3))\n"
        "(one,) = e.render(e.encode(face), [e.motion(face)])\n"
        "print(json.dumps([one.image.shape, 'safetensors' in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    shape, others = json.loads(done.stdout)
    assert shape[2] == 3
    assert not others


def test_changed_weights_are_not_taken_for_the_compiled_ones(tmp_path):
    file = weights_of("ganimation", tmp_path)
    loading.compile_weights("ganimation", file)
    assert compiled.found(file, "ganimation") is not None
    os.utime(file, ns=(1, 1))
    assert compiled.found(file, "ganimation") is not None, "the same bytes"
    changed = bytearray(file.read_bytes())
    changed[-1] ^= 1
    file.write_bytes(changed)
    assert compiled.found(file, "ganimation") is None
    assert type(loading.networks("ganimation", file)).__module__.endswith(".eager")
    with pytest.raises(AskedWrongly, match="vivant weights compile ganimation/"):
        loading.networks("ganimation", file, "openvino")


def test_a_damaged_file_is_told(tmp_path):
    file = weights_of("ganimation", tmp_path)
    loading.compile_weights("ganimation", file)
    (compiled.folder(file) / "draw.xml").write_text("<html>", encoding="utf-8")
    with pytest.raises(WeightsError, match=r"'draw' was changed\. Compile the weights again"):
        loading.networks("ganimation", file, "openvino")
    with pytest.raises(WeightsError, match=r"cannot run this network: (?!it does).+"):
        runtime.load_graph(compiled.folder(file) / "draw.xml")


def test_compiled_networks_of_another_engine_are_refused(tmp_path):
    file = weights_of("ganimation", tmp_path)
    loading.compile_weights("ganimation", file)
    with pytest.raises(WeightsError, match="compiled for 'ganimation', not for 'fomm'"):
        loading.networks("fomm", file, "openvino")
    with pytest.raises(WeightsError, match="has no compiled networks of fomm"):
        compiled.load(file, "fomm", ("points",), {})
    for parts, facts in ((("read",), {}), (("read", "draw"), {"size": int})):
        with pytest.raises(WeightsError, match="not the compiled networks of ganimation"):
            compiled.load(file, "ganimation", parts, facts)


def test_a_damaged_record_counts_as_none(tmp_path):
    file = weights_of("ganimation", tmp_path)
    loading.compile_weights("ganimation", file)
    record = compiled.folder(file) / "compiled.json"
    told = json.loads(record.read_text(encoding="utf-8"))
    part = told["parts"][0]
    damaged = [
        {"precision": "f8"}, {"precision": []}, {"weights_bytes": "1"}, {"facts": []},
        {"parts": {}}, {"parts": []}, {"parts": [{**part, "name": "../draw"}]},
        {"parts": [{**part, "bytes": 10**400}]}, {"parts": [{**part, "xml": None}]},
    ]  # fmt: skip
    texts = [json.dumps({**told, **each}) for each in damaged]
    for text in (*texts, "[" * 100_000, "[]", "1", ""):
        record.write_text(text, encoding="utf-8")
        assert compiled.told(file) is None, text[:200]
    record.write_text(json.dumps(told), encoding="utf-8")
    assert compiled.told(file) is not None


def test_what_is_no_number_is_far_from_torch():
    from vivant.engines.layers.export import _apart

    one, broken = np.ones((1, 2), np.float32), np.full((1, 2), np.nan, np.float32)
    assert _apart([one], [one])[0] == 0
    for pair in ((one, broken), (broken, one), (broken, broken), (one, one[:, :1])):
        assert _apart([pair[0]], [pair[1]]) == (np.inf, 0.0)


def test_a_folder_that_cannot_be_replaced_stays(tmp_path, monkeypatch):
    from vivant.engines.layers import export

    old, new = tmp_path / "a.compiled", tmp_path / "gone"
    old.mkdir()
    (old / "draw.bin").write_bytes(b"1")
    with pytest.raises(PathRefused):
        export._put(new, old)
    assert (old / "draw.bin").read_bytes() == b"1"


def test_what_a_killed_process_left_is_swept(tmp_path):
    for name in ("new", "old"):
        (tmp_path / f".compiling-{name}").mkdir()
    os.utime(tmp_path / ".compiling-old", (1, 1))
    compiled.sweep(tmp_path)
    assert [left.name for left in tmp_path.iterdir()] == [".compiling-new"]


def test_compiling_again_replaces_and_leaves_nothing_else(tmp_path):
    file = weights_of("ganimation", tmp_path)
    told: list[str] = []
    loading.compile_weights("ganimation", file)
    loading.compile_weights("ganimation", file, "auto", told.append)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        compiled.folder(file).name,
        file.name,
    ]
    assert any("draw" in line for line in told)
    found = compiled.found(file, "ganimation")
    assert found is not None
    assert found.precision == "auto"


def test_bf16_is_refused_where_the_processor_has_none(tmp_path):
    if "bf16" in runtime.precisions():
        pytest.skip("this processor has bf16")
    with pytest.raises(AskedWrongly, match="no bf16"):
        loading.compile_weights("ganimation", weights_of("ganimation", tmp_path), "bf16")


def test_an_unknown_runtime_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="auto, openvino, torch"):
        engines.open_engine(
            "ganimation", {"weights": str(weights_of("ganimation", tmp_path)), "runtime": "onnx"}
        )


def test_the_command_compiles_and_tells_and_removes(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path))
    place = tmp_path / "weights" / "ganimation"
    place.mkdir(parents=True)
    weights_of("ganimation", place).rename(place / "mine.safetensors")
    assert main(["weights", "compile", "ganimation", "--json"]) == 0
    told = capsys.readouterr()
    (one,) = json.loads(told.out)["compiled"]
    assert one["label"] == "ganimation/mine"
    assert one["parts"][0]["difference"] < 1e-4
    assert "draw (2 of 2)" in told.err
    assert main(["weights", "list"]) == 0
    assert "compiled: f32" in capsys.readouterr().out
    assert main(["engines"]) == 0
    assert "mine (compiled)" in capsys.readouterr().out
    shown = store_record(place)
    assert main(["weights", "verify"]) == 0
    capsys.readouterr()
    part = place / "mine.compiled" / "draw.bin"
    flipped = bytearray(part.read_bytes())
    flipped[-1] ^= 1
    part.write_bytes(flipped)
    assert main(["weights", "verify"]) == 1
    assert "compiled: changed" in capsys.readouterr().out
    shown.write_bytes(shown.read_bytes() + b" ")
    assert main(["weights", "list"]) == 0
    assert "compiled: for other weights" in capsys.readouterr().out
    assert main(["engines", "ganimation"]) == 0
    assert "compiled: for other weights" in capsys.readouterr().out
    assert main(["weights", "remove", "ganimation/mine", "ganimation/mine"]) == 0
    assert not place.exists()


def test_there_is_nothing_to_compile_without_weights(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path))
    assert main(["weights", "compile", "fomm"]) == 2
    assert "no weights of fomm were added" in capsys.readouterr().err
    assert main(["weights", "compile"]) == 2
    capsys.readouterr()
    assert main(["weights", "compile", "xception/small"]) == 2
    assert "xception is no engine" in capsys.readouterr().err
