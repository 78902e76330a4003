from __future__ import annotations

import json
import shutil

import pytest

from vivant.cli import main
from vivant.errors import AskedWrongly, MissingWeights, SettingsError, WeightsError
from vivant.weights import hashed, store

torch = pytest.importorskip("torch", reason="checkpoints need the extra learned")
pytest.importorskip("safetensors", reason="checkpoints need the extra learned")
pytest.importorskip("yaml", reason="configurations need the extra learned")

import cases  # noqa: E402
import originals  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from vivant import engines  # noqa: E402
from vivant.engines.liveportrait import network as liveportrait  # noqa: E402


@pytest.fixture(scope="module")
def fomm(tmp_path_factory):
    """A checkpoint as the public code saves one: networks, optimizers, epoch."""
    return torch.load(originals.fomm(tmp_path_factory.mktemp("fomm"))[0], weights_only=True)


@pytest.fixture
def config(tmp_path):
    return originals.fomm(tmp_path)[1]


@pytest.fixture
def here(monkeypatch):
    """Do the child's work in this process, which starts no torch anew; the messages are its own."""
    originals.inside(monkeypatch)


def saved(held, path, *, old=False):
    torch.save(held, path, _use_new_zipfile_serialization=not old)
    return path


@pytest.mark.parametrize("old", [False, True])
def test_the_public_form_is_kept_with_its_configuration_and_its_history(
    fomm, config, old, tmp_path, weights_home
):
    source = saved(fomm, tmp_path / "vox-cpk.pth.tar", old=old)
    record = store.add(source, "fomm/mine", config=config, licence="MIT", origin="me")
    assert record.file == str(weights_home / "fomm" / "mine.safetensors")
    assert record.original == {"vox-cpk.pth.tar": hashed.digest(source)}
    assert (record.licence, record.origin) == ("MIT", "me")
    kept = load_file(record.file)
    for network in ("generator", "kp_detector"):
        for key, value in fomm[network].items():
            assert torch.equal(kept.pop(f"{network}.{key}"), value)
    assert not kept, "what drawing does not need is left out"
    assert store.records() == [record] == [store.record("fomm/mine")]
    assert store.intact(record)
    assert sorted(path.name for path in weights_home.rglob("*") if path.is_file()) == [
        "mine.json", "mine.safetensors",
    ]  # fmt: skip


def test_half_precision_becomes_float32_and_module_is_dropped(tmp_path, weights_home, here):
    case = cases.carried("glow/A_affine_lu")
    tensors = load_file(case.folder / "weights.safetensors")
    held = {f"module.{name.removeprefix('glow.')}": value.half() for name, value in tensors.items()}
    (tmp_path / "glow.json").write_text(json.dumps(case.config), encoding="utf-8")
    source = saved(held, tmp_path / "model_200001.pt")
    record = store.add(source, "glow/faces", config=tmp_path / "glow.json")
    kept = load_file(record.file)
    assert len(kept) == len(held)
    assert {value.dtype for value in kept.values() if value.is_floating_point()} == {torch.float32}


def test_ganimation_opens_with_the_only_weights_that_were_added(tmp_path, weights_home, here):
    from vivant.engines.ganimation import network

    (generator, discriminator) = network.build({}).values()
    with pytest.raises(MissingWeights, match="Its authors published none"):
        engines.open_engine("ganimation")
    wrong = saved(discriminator.state_dict(), tmp_path / "net_epoch_30_id_D.pth")
    with pytest.raises(WeightsError, match="looks like the discriminator of GANimation"):
        store.add(wrong, "ganimation/mine")
    store.add(saved(generator.state_dict(), tmp_path / "net_epoch_30_id_G.pth"), "ganimation/mine")
    info = engines.describe("ganimation")
    assert (info.weights, info.ready) == (("mine",), True)
    assert engines.open_engine("ganimation").size == 128
    assert engines.open_engine("ganimation", {"weights": "mine"}).size == 128
    with pytest.raises(AskedWrongly, match="no weights 'mime'; did you mean 'mine'"):
        engines.open_engine("ganimation", {"weights": "mime"})


@pytest.fixture
def release(tmp_path):
    return originals.liveportrait(tmp_path)[0]


def test_liveportraits_folder_of_five_becomes_one_file(release, tmp_path, weights_home):
    record = store.add(release, "liveportrait/small", config=tmp_path / "config.yaml")
    assert len(record.original) == 5
    kept = load_file(record.file)
    assert "stitching_retargeting_module.eye.mlp.0.weight" in kept
    networks = liveportrait.build(cases.carried("liveportrait/A_small").config)
    assert len(kept) == sum(len(network.state_dict()) for network in networks.values())


def test_a_folder_in_which_a_file_is_missing_or_twice_is_refused(
    release, tmp_path, weights_home, here
):
    config = tmp_path / "config.yaml"
    file = release / "base_models" / "warping_module.pth"
    shutil.copy(file, release / "retargeting_models" / file.name)
    with pytest.raises(WeightsError, match="holds warping_module twice"):
        store.add(release, "liveportrait/small", config=config)
    for path in release.rglob("warping_module.pth"):
        path.unlink()
    with pytest.raises(WeightsError, match=r"warping_module\.pth is missing in it"):
        store.add(release, "liveportrait/small", config=config)
    with pytest.raises(WeightsError, match="is one file; LivePortrait has several"):
        store.add(release / "base_models" / "motion_extractor.pth", "liveportrait/x", config=config)
    with pytest.raises(WeightsError, match="is a folder; the networks of a First Order"):
        store.add(release, "fomm/vox-256")
    assert not list(weights_home.rglob("*"))


def test_what_vivant_keeps_can_be_added_elsewhere_with_its_own_configuration(
    fomm, config, tmp_path, weights_home, here
):
    first = store.add(saved(fomm, tmp_path / "a.pth.tar"), "fomm/mine", config=config)
    again = store.add(weights_home / "fomm" / "mine.safetensors", "fomm/again")
    assert load_file(again.file).keys() == load_file(first.file).keys()
    with pytest.raises(AskedWrongly, match=r"several weights: again, mine\. Say which"):
        store.chosen("fomm", None)
    assert store.remove("fomm/again").name == "again"
    assert engines.open_engine("fomm").size == 256


def test_a_name_that_is_taken_needs_replace(fomm, config, tmp_path, weights_home, here):
    source = saved(fomm, tmp_path / "a.pth.tar")
    first = store.add(source, "fomm/mine", config=config)
    with pytest.raises(AskedWrongly, match="there already; --replace"):
        store.add(source, "fomm/mine", config=config)
    broken = tmp_path / "broken.pth.tar"
    broken.write_bytes(source.read_bytes()[:-1000])
    with pytest.raises(WeightsError):
        store.add(broken, "fomm/mine", config=config, replace=True)
    assert store.intact(first), "what was there stays when another cannot be added"
    save_file({"generator.x": torch.zeros(1)}, first.file)
    assert not store.intact(store.record("fomm/mine"))
    store.add(source, "fomm/mine", config=config, replace=True)
    assert store.intact(store.record("fomm/mine"))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda g: g.pop("final.bias"), r"1 tensor is missing \(final\.bias\)"),
        (lambda g: g.update(a=g["final.bias"]), r"1 tensor is unexpected \(a\)"),
        (lambda g: g.update({"final.bias": torch.zeros(7)}), r"final\.bias: \(7,\) instead of"),
        (lambda g: g.update({"final.bias": 3}), "'final.bias' is int, not a tensor"),
        (lambda g: g["final.bias"].fill_(torch.nan), "numbers that are not finite"),
        (lambda g: g.clear(), "has no entry 'generator'; it holds kp_detector, generator"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_told_tensor_by_tensor(
    fomm, config, tmp_path, weights_home, change, wanted, here
):
    held = {**fomm, "generator": {key: value.clone() for key, value in fomm["generator"].items()}}
    held = dict(sorted(held.items(), key=lambda item: item[0] != "kp_detector"))
    change(held["generator"])
    with pytest.raises(WeightsError, match=wanted):
        store.add(saved(held, tmp_path / "a.pth.tar"), "fomm/mine", config=config)
    assert not list(weights_home.rglob("*"))


def test_another_methods_checkpoint_is_named(fomm, tmp_path, weights_home, here):
    source = saved(fomm, tmp_path / "vox-cpk.pth.tar")
    with pytest.raises(WeightsError, match="looks like the First Order Motion Model"):
        store.add(source, "ganimation/mine")
    inner = {"face_encoder_blocks.0.0.conv_block.0.weight": torch.zeros(1)}
    other = saved({"state_dict": inner}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="looks like Wav2Lip"):
        store.add(other, "fomm/vox-256")
    with pytest.raises(WeightsError, match="looks like Thin-Plate Spline Motion Model"):
        store.add(saved({**fomm, "inpainting_network": {}}, tmp_path / "t.pth"), "ganimation/x")


def test_a_configuration_is_wanted_where_none_is_known(fomm, tmp_path, weights_home, here):
    source = saved(fomm, tmp_path / "a.pth.tar")
    with pytest.raises(AskedWrongly, match=r"no configuration of fomm/mine.*--config.*vox-256"):
        store.add(source, "fomm/mine")
    told = tmp_path / "c.yaml"
    for text, wanted in {
        "!!python/object/apply:os.system ['touch ran']": "no YAML of plain values",
        "model_params: {common_params: {num_kp: 10}}": "is missing",
        "model_params: [": "no YAML",
        "[1, 2]": "no sections by name",
        "train_params: {}": "no section 'model_params'",
        "a: &a [*a]\nmodel_params: *a": "more than numbers and names",
        "# " + "x" * (2 << 20): "longer than a configuration",
    }.items():
        told.write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match=wanted):
            store.add(source, "fomm/mine", config=told)
    with pytest.raises(AskedWrongly, match="cannot read the configuration"):
        store.add(source, "fomm/mine", config=tmp_path / "no.yaml")
    with pytest.raises(WeightsError, match="another configuration"):
        store.add(source, "fomm/vox-256")


def test_the_commands_add_list_verify_and_remove(fomm, config, tmp_path, weights_home, capsys):
    def run(*words: object) -> tuple[int, str, str]:
        code = main(["weights", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    source = saved(fomm, tmp_path / "a.pth.tar")
    code, out, _ = run("add", source, "--as", "fomm/mine", "--config", config, "--json")
    assert code == 0
    assert json.loads(out)["label"] == "fomm/mine"
    assert "fomm/mine" in run("list")[1]
    assert json.loads(run("verify", "--json")[1])["weights"][0]["state"] == "intact"
    kept = weights_home / "fomm" / "mine.safetensors"
    kept.write_bytes(kept.read_bytes()[:-1] + b"\7")
    code, out, _ = run("verify")
    assert (code, out.split()[0]) == (1, "changed")
    assert run("remove", "fomm/mine")[:2] == (0, "fomm/mine  removed\n")
    assert json.loads(run("list", "--json")[1]) == {"weights": []}
    assert run("remove", "fomm/mine")[0] == 2
    assert run("remove")[0] == 2
    assert run("add", source)[0] == 2
    assert run("add", tmp_path / "no.pth", "--as", "fomm/vox-256")[0] == 2
    html = tmp_path / "page.tar"
    html.write_text("<!doctype html>" + "x" * 90_000, encoding="utf-8")
    code, _, err = run("add", html, "--as", "fomm/vox-256")
    assert code == 1
    assert err.count("\n") == 1
    assert main(["engines", "fomm"]) == 0
    assert "needs weights" in (said := capsys.readouterr().out)
    assert "vivant weights add vox-cpk.pth.tar --as fomm/vox-256" in said
