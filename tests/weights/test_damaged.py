"""Hundreds of damaged, random and hostile checkpoints: a clear error, nothing run, nothing left."""

from __future__ import annotations

import io
import json
import pickle
import random
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="checkpoints need the extra learned")
pytest.importorskip("safetensors", reason="checkpoints need the extra learned")
pytest.importorskip("yaml", reason="configurations need the extra learned")

from safetensors.torch import load_file, save_file  # noqa: E402

from vivant.cli import main  # noqa: E402
from vivant.engines.ganimation import network  # noqa: E402
from vivant.errors import WeightsError  # noqa: E402
from vivant.weights import confined  # noqa: E402

CONFIG = {"generator": {"conv_dim": 4, "c_dim": 3, "repeat_num": 1}}
EACH = 20
"""Damaged files of each form and kind of damage."""

READ_ALL = """
import json, sys
from pathlib import Path
import torch, yaml, safetensors.torch
from vivant.engines.layers import original
from vivant.engines.ganimation import network
from vivant.weights import confined
folder, config = Path(sys.argv[1]), json.loads(sys.argv[2])
files = sorted((folder / "given").iterdir())
confined.restrict(folder / "made")
told = {}
for file in files:
    job = {"path": str(file), "folder": str(folder / "made"), "engine": "ganimation",
           "name": "x", "config": config}
    told[file.name] = confined.answered(original.convert, job)
    (folder / "made" / "converted.safetensors").unlink(missing_ok=True)
print(json.dumps(told))
"""


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return network.build(CONFIG)["generator"].state_dict()


def forms(folder: Path) -> dict[str, bytes]:
    """Return one good checkpoint in each form."""
    folder.mkdir()
    torch.save(state(), folder / "new")
    torch.save(state(), folder / "old", _use_new_zipfile_serialization=False)
    save_file(state(), folder / "safe")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(1, len(data))]


def flipped(data: bytes, rng: random.Random) -> bytes:
    held = bytearray(data)
    # the beginning and the end hold what says how the rest is to be read
    for _ in range(rng.randrange(1, 12)):
        span = rng.choice([200, 4000, len(held)])
        place = rng.randrange(min(span, len(held)))
        held[place if rng.random() < 0.6 else -1 - place] ^= 1 << rng.randrange(8)
    return bytes(held)


def overwritten(data: bytes, rng: random.Random) -> bytes:
    start, length = rng.randrange(len(data)), rng.randrange(1, 3000)
    return data[:start] + rng.randbytes(length) + data[start + length :]


def spliced(data: bytes, rng: random.Random) -> bytes:
    start, length = rng.randrange(len(data)), rng.randrange(1, 3000)
    place = rng.randrange(len(data))
    return data[:place] + data[start : start + length] + data[place:]


DAMAGE = (cut, flipped, overwritten, spliced)


class Runs:
    """What a hostile pickle holds: calls a function when it is read."""

    def __init__(self, function, *arguments) -> None:
        self.called = function, arguments

    def __reduce__(self):
        return self.called


class Claims:
    """A tensor of any claimed size on a storage of any claimed length."""

    def __init__(self, length, size, stride) -> None:
        self.length, self.size, self.stride = length, size, stride

    def __reduce__(self):
        held = Storage(self.length)
        arguments = (held, 0, self.size, self.stride, False, OrderedDict())
        return torch._utils._rebuild_tensor_v2, arguments


class Storage:
    def __init__(self, length) -> None:
        self.length = length


class Writer(pickle.Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, Storage):
            return "storage", torch.FloatStorage, "0", "cpu", thing.length
        return None


def archive(held: object, data: bytes = b"\0" * 64) -> bytes:
    """Pack as torch does, whatever is in it."""
    written = io.BytesIO()
    Writer(written, protocol=2).dump(held)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("archive/data.pkl", written.getvalue())
        out.writestr("archive/byteorder", "little")
        out.writestr("archive/data/0", data)
        out.writestr("archive/version", "3\n")
    return packed.getvalue()


def hostile(marker: Path) -> dict[str, bytes]:
    """Return checkpoints that would write `marker` if anything in them were run, or claim much."""
    import builtins
    import os

    runs = {
        "system": Runs(os.system, f"touch {marker}"),
        "open": Runs(open, str(marker), "w"),
        "eval": Runs(builtins.eval, f"open({str(marker)!r}, 'w')"),
        "exec": Runs(builtins.exec, f"open({str(marker)!r}, 'w')"),
        "popen": Runs(subprocess.Popen, ["touch", str(marker)]),
        "import": Runs(builtins.__import__, "antigravity"),
        "getattr": Runs(getattr, "x", "upper"),
        "load": Runs(torch.load, str(marker)),
        "save": Runs(torch.save, {}, str(marker)),
        "unlink": Runs(os.unlink, str(marker)),
    }
    claims = {
        "endless": Claims(1 << 45, (1 << 22, 1 << 23), (1 << 23, 1)),
        "beyond": Claims(16, (64, 64), (64, 1)),
        "wide": Claims(1, (1 << 20, 1 << 20), (0, 0)),
        "behind": Claims(16, (4, 4), (-4, 1)),
        "wrapped": Claims((1 << 62) + 1, (4,), (1,)),
    }
    files = {}
    for name, held in {**runs, **claims}.items():
        files[f"new-{name}"] = archive({**dict.fromkeys(state(), 0), "main.0.weight": held})
        files[f"bare-{name}"] = pickle.dumps(held) if name in runs else archive(held)
    for name, held in runs.items():
        packed = io.BytesIO()
        torch.save({"main.0.weight": held}, packed, _use_new_zipfile_serialization=False)
        files[f"old-{name}"] = packed.getvalue()
    for name, module in {"net": network.build(CONFIG)["generator"]}.items():
        packed = io.BytesIO()
        torch.save(module, packed)
        files[f"whole-{name}"] = packed.getvalue()
    header = json.dumps({"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}})
    files["safe-claim"] = len(header).to_bytes(8, "little") + header.encode() + b"\0" * 99
    deep = ("[" * 50_000).encode()
    files["safe-deep"] = len(deep + b"{").to_bytes(8, "little") + b"{" + deep
    return files


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Have one confined process read all files, one after the other."""
    folder = tmp_path_factory.mktemp("fuzz")
    rng = random.Random(5)
    (folder / "made").mkdir()
    (folder / "given").mkdir()
    files = hostile(folder / "ran")
    for form, data in forms(folder / "good").items():
        files[f"good-{form}"] = data
        for damage in DAMAGE:
            for number in range(EACH):
                files[f"{damage.__name__}-{form}-{number}"] = damage(data, rng)
    for number in range(EACH):
        start = rng.choice([b"", b"PK\x03\x04", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."])
        files[f"random-{number}"] = start + rng.randbytes(rng.randrange(1, 4000))
    for name, data in files.items():
        (folder / "given" / f"{name}.pth").write_bytes(data)
    words = [sys.executable, "-B", "-c", READ_ALL, str(folder), json.dumps(CONFIG)]
    own = confined.environment(folder / "made")
    done = subprocess.run(words, capture_output=True, check=False, env=own, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return folder, json.loads(done.stdout)


def test_hundreds_of_damaged_files_are_read_or_refused_in_one_sentence(told):
    _, answers = told
    assert len(answers) > 200
    for name, answer in answers.items():
        if "found" in answer:
            assert name.startswith(("good", "flipped", "overwritten", "spliced")), name
            continue
        error = answer["error"]
        assert error["message"].count("\n") == 0
        assert len(error["message"]) < 1200, name
        assert name in error["message"], error


def test_the_good_ones_among_them_are_taken(told):
    _, answers = told
    assert all("found" in answers[f"good-{form}.pth"] for form in ("new", "old", "safe"))


def test_damage_to_an_archive_is_always_noticed_or_changes_nothing(told, tmp_path):
    folder, answers = told
    wanted = load_file(folder / "good" / "safe")
    for name in [name for name, answer in answers.items() if "-new-" in name and "found" in answer]:
        held = torch.load(folder / "given" / name, weights_only=True)
        assert all(torch.equal(held[key], value) for key, value in wanted.items()), name


def test_nothing_in_a_hostile_file_is_run_and_it_is_said_what_was_refused(told):
    folder, answers = told
    assert not (folder / "ran").exists()
    for name, answer in answers.items():
        if name.startswith(("new-", "old-", "bare-", "whole-", "safe-")):
            assert "error" in answer, name
    for name in ("new-system", "old-system", "new-eval", "whole-net"):
        assert "holds more than weights" in answers[f"{name}.pth"]["error"]["message"]


@pytest.mark.parametrize("form", ["new-system", "old-open", "whole-net", "new-endless"])
def test_the_command_refuses_a_hostile_file_in_one_line_and_leaves_nothing(
    form, tmp_path, weights_home, capsys
):
    source = tmp_path / "net_epoch_30_id_G.pth"
    source.write_bytes(hostile(tmp_path / "ran")[form])
    assert main(["weights", "add", str(source), "--as", "ganimation/mine"]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert source.name in said.err
    assert not (tmp_path / "ran").exists()
    assert not list(weights_home.iterdir())


def test_nothing_is_left_where_files_were_converted(told):
    folder, _ = told
    assert not list((folder / "made").iterdir())


def test_the_confined_process_may_not_do_what_reading_does_not_need(tmp_path):
    acts = {
        "open": f"open({str(tmp_path / 'ran')!r}, 'w')",
        "socket": "__import__('socket').create_connection(('127.0.0.1', 9))",
        "system": f"os.system('touch {tmp_path / 'ran'}')",
        "Popen": "__import__('subprocess').run(['true'])",
        "remove": f"os.remove({__file__!r})",
    }
    code = "import os, sys, socket, subprocess\nfrom pathlib import Path\n"
    code += "from vivant.weights import confined\nconfined.restrict(Path(sys.argv[1]))\n"
    (tmp_path / "own").mkdir()
    for name, act in acts.items():
        words = [sys.executable, "-c", f"{code}{act}", str(tmp_path / "own")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert "would have done more than read" in done.stderr, name
    allowed = f"{code}open(sys.argv[1] + '/x', 'w').write('mine')"
    subprocess.run([sys.executable, "-c", allowed, str(tmp_path / "own")], check=True)
    assert not (tmp_path / "ran").exists()


def test_a_child_that_takes_too_long_or_dies_is_told(tmp_path):
    job = {"path": "x.pth", "folder": str(tmp_path)}
    with pytest.raises(WeightsError, match=r"x\.pth: reading took more than 0\.1 seconds"):
        confined.run("vivant.engines.layers.original", job, patience=0.1)
    with pytest.raises(WeightsError, match=r"x\.pth: the process that read it ended without"):
        confined.run("vivant.no_such_module", job)
