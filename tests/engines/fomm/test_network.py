from __future__ import annotations

import copy

import numpy as np
import pytest

from vivant.errors import SettingsError

torch = pytest.importorskip("torch", reason="the networks need the extra learned")
pytest.importorskip("safetensors", reason="the networks need the extra learned")

import cases  # noqa: E402

from vivant.engines.fomm import network  # noqa: E402
from vivant.engines.fomm.losses import Pyramid  # noqa: E402

PICTURES = 1e-4
POINTS = 1e-5


def public(**changes) -> dict:
    """The public `vox-256` configuration with some sections' options changed."""
    hourglass = {"block_expansion": 32, "max_features": 1024, "num_blocks": 5}
    config = {
        "common_params": {"num_kp": 10, "num_channels": 3, "estimate_jacobian": True},
        "kp_detector_params": {"temperature": 0.1, "scale_factor": 0.25, **hourglass},
        "generator_params": {
            "block_expansion": 64,
            "max_features": 512,
            "num_down_blocks": 2,
            "num_bottleneck_blocks": 6,
            "estimate_occlusion_map": True,
            "dense_motion_params": {**hourglass, "block_expansion": 64, "scale_factor": 0.25},
        },
        "discriminator_params": {
            "scales": [1], "block_expansion": 32, "max_features": 512, "num_blocks": 4, "sn": True,
        },
    }  # fmt: skip
    for section, options in changes.items():
        config[section] = config[section] | options
    return {"dataset_params": {"root_dir": "data"}, "model_params": config, "seed": 1}


def small(**changes) -> dict:
    """The same with few channels, to run."""
    config = public(**changes)
    params = config["model_params"]
    for section in ("kp_detector_params", "generator_params", "discriminator_params"):
        params[section] |= {"block_expansion": 4, "max_features": 16}
    params["generator_params"]["dense_motion_params"] |= {"block_expansion": 4, "max_features": 16}
    return config


def loaded(case: cases.Case) -> dict:
    networks = network.build(case.config)
    for name, net in networks.items():
        case.load(net, name)
    return networks


@pytest.fixture(scope="module", params=["A_vox", "A_nojac"])
def case(request):
    return cases.carried(f"fomm/{request.param}")


@pytest.fixture(scope="module")
def networks(case):
    return loaded(case)


@torch.no_grad()
def test_key_points_are_the_recorded_ones(case, networks):
    for name in ("source", "driving", "driving_initial"):
        found = networks["kp_detector"](case[name])
        assert found.keys() == case.points(f"kp_{name}").keys()
        case.check_all(f"kp_{name}", found, POINTS)


@torch.no_grad()
@pytest.mark.parametrize(
    ("mode", "points"),
    [("gen_absolute", "kp_driving"), ("gen_relative_adapt", "kp_norm.relative_adapt")],
)
def test_the_drawn_picture_is_the_recorded_one(case, networks, mode, points):
    drawn = networks["generator"](
        case["source"], kp_source=case.points("kp_source"), kp_driving=case.points(points)
    )
    case.check_all(mode, drawn, PICTURES)
    if mode == "gen_absolute":
        wanted = {"prediction", "mask", "sparse_deformed", "occlusion_map", "deformed"}
        assert wanted <= drawn.keys()


@torch.no_grad()
def test_the_discriminator_judges_as_recorded(case, networks):
    scales = case.config["model_params"]["discriminator_params"]["scales"]
    pyramid = Pyramid(scales)(case["driving"])
    found = networks["discriminator"](pyramid, case.points("kp_driving"))
    for scale in scales:
        case.check(
            f"disc_on_driving.prediction_map_{scale}", found[f"prediction_map_{scale}"], 1e-4
        )
        for number, features in enumerate(found[f"feature_maps_{scale}"]):
            case.check(f"disc_on_driving.feature_maps_{scale}.{number}", features, PICTURES)


@torch.no_grad()
def test_a_source_is_read_once_for_many_drivers(networks, case):
    generator = networks["generator"]
    source, points = case["source"][:1], case.points("kp_source")
    driving = case.points("kp_driving")
    features, shrunk = generator.encode(source)
    first = {name: value[:1] for name, value in points.items()}
    together = generator.draw(features, shrunk, driving, first)["prediction"]
    for number in range(2):
        one = {name: value[number : number + 1] for name, value in driving.items()}
        alone = generator(source, one, first)
        assert (together[number] - alone["prediction"][0]).abs().max() < PICTURES


@pytest.mark.fixtures
@torch.no_grad()
def test_the_full_size_networks_meet_their_numbers():
    case = cases.full("fomm/A_fullsize_vox256")
    networks = network.build(case.config)
    for name, net in networks.items():
        state = net.state_dict()
        shapes = {key: (tuple(t.shape), str(t.dtype)[6:]) for key, t in state.items()}
        assert shapes == cases.keys(case, name)
        assert sum(p.numel() for p in net.parameters()) == case.config["n_params"][name]
        case.load(net, name)
    for name in ("source", "driving", "driving_initial"):
        case.check_all(f"kp_{name}", networks["kp_detector"](case[name]), POINTS)
    source, kp_source = case["source"], case.points("kp_source")
    for mode, points in (
        ("gen_absolute", "kp_driving"), ("gen_relative_adapt", "kp_norm.relative_adapt")
    ):  # fmt: skip
        drawn = networks["generator"](source, case.points(points), kp_source)
        case.check_all(mode, drawn, PICTURES)
    judged = networks["discriminator"]({"prediction_1": case["driving"]}, case.points("kp_driving"))
    case.check("disc_on_driving.prediction_map_1", judged["prediction_map_1"], 1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"discriminator_params": {"use_kp": True, "sn": False}},
        {"kp_detector_params": {"single_jacobian_map": True}},
        {"kp_detector_params": {"scale_factor": 0.125}},
        {"kp_detector_params": {"scale_factor": 1, "pad": 3}},
        {"common_params": {"num_kp": 5, "estimate_jacobian": False}},
        {"common_params": {"num_channels": 1}},
        {"generator_params": {"estimate_occlusion_map": False}},
        {"generator_params": {"num_down_blocks": 3, "num_bottleneck_blocks": 0}},
        {"generator_params": {"dense_motion_params": None}},
        {"discriminator_params": {"scales": [1, 0.5]}},
    ],
    ids=str,
)
@torch.no_grad()
def test_every_public_option_builds_and_draws(changes):
    config = public(**changes)
    if changes.get("generator_params", {}).get("dense_motion_params", 1) is None:
        config["model_params"]["generator_params"].pop("dense_motion_params")
    else:
        config = small(**changes)
    common = config["model_params"]["common_params"]
    side = 512 if "0.125" in str(changes) else 128
    networks = network.build(config)
    image = torch.rand(1, common["num_channels"], side, side)
    points = networks["kp_detector"](image)
    assert points["value"].shape == (1, common["num_kp"], 2)
    assert ("jacobian" in points) == common["estimate_jacobian"]
    drawn = networks["generator"](image, points, points)
    assert drawn["prediction"].shape == image.shape
    painting = config["model_params"]["generator_params"]
    dims = "dense_motion_params" in painting and painting["estimate_occlusion_map"]
    assert ("occlusion_map" in drawn) == dims
    scales = config["model_params"]["discriminator_params"]["scales"]
    judged = networks["discriminator"](Pyramid(scales, common["num_channels"])(image), points)
    assert {f"prediction_map_{scale}" for scale in scales} <= judged.keys()


def test_a_new_detector_takes_surroundings_as_they_are():
    detector = network.build(small())["kp_detector"]
    jacobian = detector(torch.rand(1, 3, 128, 128))["jacobian"]
    assert torch.allclose(jacobian, torch.eye(2).expand_as(jacobian), atol=1e-6)


def test_the_discriminator_may_be_left_out():
    config = public()
    del config["model_params"]["discriminator_params"]
    assert set(network.build(config)) == {"kp_detector", "generator"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.pop("model_params"), "no section 'model_params'"),
        (lambda c: c["model_params"].pop("generator_params"), "generator_params is missing"),
        (
            lambda c: c["model_params"].update(generater_params={}),
            "unknown section 'generater_params'; did you mean 'generator_params'",
        ),
        (
            lambda c: c["model_params"]["common_params"].update(num_kps=3),
            "common_params: unknown option 'num_kps'; did you mean 'num_kp'",
        ),
        (
            lambda c: c["model_params"]["generator_params"]["dense_motion_params"].update(depth=3),
            "dense_motion_params: unknown option 'depth'",
        ),
        (lambda c: c["model_params"].update(kp_detector_params=None), "must be a section"),
        (
            lambda c: c["model_params"]["kp_detector_params"].update(num_blocks="five"),
            "kp_detector_params.num_blocks must be a whole number, got 'five'",
        ),
        (
            lambda c: c["model_params"]["kp_detector_params"].update(scale_factor=2),
            "scale_factor shrinks",
        ),
        (lambda c: c["model_params"]["common_params"].update(num_kp=0), "must be above 0"),
        (
            lambda c: c["model_params"]["discriminator_params"].update(scales=1),
            "scales must be a list of numbers",
        ),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(change, told):
    config = copy.deepcopy(public())
    change(config)
    with pytest.raises(SettingsError, match=told):
        network.build(config)


def test_a_discriminator_with_key_points_asks_for_them():
    judge = network.build(small(discriminator_params={"use_kp": True}))["discriminator"]
    with pytest.raises(ValueError, match="give kp"):
        judge({"prediction_1": torch.rand(1, 3, 64, 64)})


def test_shrinking_keeps_grey_grey_and_begins_with_the_first_pixel():
    down = network.Shrink(1, 0.25)
    grey = down(torch.full((1, 1, 64, 64), 0.5))
    assert grey.shape == (1, 1, 16, 16)
    assert torch.allclose(grey[..., 2:-2, 2:-2], torch.tensor(0.5), atol=1e-6)
    dot = torch.zeros(1, 1, 64, 64)
    dot[0, 0, 20, 24] = 1
    seen = down(dot)[0, 0]
    assert np.unravel_index(int(seen.argmax()), seen.shape) == (5, 6)
