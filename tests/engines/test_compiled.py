"""Compiled networks draw what torch draws, and need no torch for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import AskedWrongly, SettingsError, WeightsError
from vivant.landmarks import SCORE_NAMES
from vivant.types import FaceCrop

torch = pytest.importorskip("torch", reason="compiling needs the extra learned")
pytest.importorskip("safetensors", reason="compiling needs the extra learned")

import cases  # noqa: E402
import made  # noqa: E402

from vivant import engines  # noqa: E402
from vivant.cli import main  # noqa: E402
from vivant.engines.layers import loading  # noqa: E402
from vivant.weights import compiled, runtime  # noqa: E402

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


def test_it_is_the_default_on_the_cpu(compiled_engine):
    name, file = compiled_engine
    module = type(loading.networks(name, file)).__module__
    assert module == f"vivant.engines.{name}.compiled"


def test_every_part_answers_as_torch_does(compiled_engine):
    _, file = compiled_engine
    known = compiled.found(file)
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
        f"e = engines.open_engine({name!r}, {{'weights': {str(file)!r}}})\n"
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
    assert compiled.found(file) is not None
    os.utime(file, ns=(1, 1))
    assert compiled.found(file) is None
    assert type(loading.networks("ganimation", file)).__module__.endswith(".eager")
    with pytest.raises(AskedWrongly, match="vivant weights compile ganimation/"):
        loading.networks("ganimation", file, "openvino")


def test_a_damaged_file_is_told(tmp_path):
    file = weights_of("ganimation", tmp_path)
    loading.compile_weights("ganimation", file)
    (compiled.folder(file) / "draw.xml").write_text("<html>", encoding="utf-8")
    with pytest.raises(WeightsError, match="Compile the weights again"):
        loading.networks("ganimation", file)


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
    found = compiled.found(file)
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
    assert main(["weights", "remove", "ganimation/mine"]) == 0
    assert not place.exists()


def test_there_is_nothing_to_compile_without_weights(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path))
    assert main(["weights", "compile", "fomm"]) == 2
    assert "no weights of fomm were added" in capsys.readouterr().err
    assert main(["weights", "compile"]) == 2
