from __future__ import annotations

import copy

import pytest

from vivant.errors import SettingsError

torch = pytest.importorskip("torch", reason="the networks need the extra learned")
pytest.importorskip("safetensors", reason="the networks need the extra learned")

import cases  # noqa: E402

from vivant.engines.liveportrait import camera, network  # noqa: E402

PICTURES = 1e-4
POINTS = 1e-5

PUBLIC = {
    "model_params": {
        "appearance_feature_extractor_params": {
            "image_channel": 3, "block_expansion": 64, "num_down_blocks": 2, "max_features": 512,
            "reshape_channel": 32, "reshape_depth": 16, "num_resblocks": 6,
        },
        "motion_extractor_params": {"num_kp": 21, "backbone": "convnextv2_tiny"},
        "warping_module_params": {
            "num_kp": 21, "block_expansion": 64, "max_features": 512, "num_down_blocks": 2,
            "reshape_channel": 32, "estimate_occlusion_map": True,
            "dense_motion_params": {
                "block_expansion": 32, "max_features": 1024, "num_blocks": 5, "reshape_depth": 16,
                "compress": 4,
            },
        },
        "spade_generator_params": {
            "upscale": 2, "block_expansion": 64, "max_features": 512, "num_down_blocks": 2,
        },
        "stitching_retargeting_module_params": {
            "stitching": {"input_size": 126, "hidden_sizes": [128, 128, 64], "output_size": 65},
            "lip": {"input_size": 65, "hidden_sizes": [128, 128, 64], "output_size": 63},
            "eye": {"input_size": 66, "hidden_sizes": [256, 256, 128, 128, 64], "output_size": 63},
        },
    }
}  # fmt: skip
"""The public configuration."""


def flat(networks: dict) -> dict:
    """Name every network as its weights are recorded."""
    small = networks["stitching_retargeting_module"]
    big = {name: net for name, net in networks.items() if net is not small}
    return big | dict(small.items())


def loaded(case: cases.Case) -> dict:
    networks = network.build(case.config)
    for name, net in flat(networks).items():
        assert sum(p.numel() for p in net.parameters()) == case.config["n_params"][name]
        case.load(net, name)
    return networks


@torch.no_grad()
def check(case: cases.Case, networks: dict) -> None:
    """Run the whole way of a frame and compare every step."""
    points = {}
    for who in ("source", "driving"):
        raw = networks["motion_extractor"](case[who])
        case.check_all(f"motion_raw.{who}", raw, POINTS)
        answer = {name: value.numpy() for name, value in raw.items()}
        info = camera.key_point_info(answer)
        case.check_all(f"kp_info.{who}", {name: info[name] for name in camera.ANGLES}, 1e-3)
        points[who] = camera.transformed(answer)
        case.check(f"x_{who[0]}", points[who], POINTS)

    small = networks["stitching_retargeting_module"]
    x_s, x_d = (torch.from_numpy(points[who]).flatten(1) for who in ("source", "driving"))
    change = small["stitching"](torch.cat([x_s, x_d], 1))
    case.check("stitch_delta", change, POINTS)
    x_d_stitched = camera.stitched(points["driving"], change.numpy())
    case.check("x_d_stitched", x_d_stitched, POINTS)
    for part in ("eye", "lip"):
        moved = small[part](torch.cat([x_s, case[f"{part}_ratio"]], 1))
        case.check(f"{part}_delta", moved.reshape(len(moved), -1, 3), POINTS)

    volume = networks["appearance_feature_extractor"](case["source"])
    case.check("feature_3d", volume, PICTURES)
    warping = networks["warping_module"]
    keys = torch.from_numpy(x_d_stitched), torch.from_numpy(points["source"])
    warped = warping(volume, *keys)
    assert list(warped) == ["occlusion_map", "deformation", "out"]
    case.check_all("warp", warped, PICTURES)
    case.check("dense_mask", warping.dense_motion_network(volume, *keys)["mask"], PICTURES)
    case.check("out", networks["spade_generator"](warped["out"]), PICTURES)


def test_every_step_of_a_frame_is_the_recorded_one():
    case = cases.carried("liveportrait/A_small")
    check(case, loaded(case))


@pytest.mark.fixtures
def test_the_full_size_networks_meet_their_numbers():
    case = cases.full("liveportrait/A_fullsize")
    networks = loaded(case)
    for name, net in flat(networks).items():
        state = net.state_dict()
        shapes = {key: (tuple(t.shape), str(t.dtype)[6:]) for key, t in state.items()}
        assert shapes == cases.keys(case, name)
    check(case, networks)


@torch.no_grad()
def test_a_portrait_is_read_once_for_many_drivers():
    case = cases.carried("liveportrait/A_small")
    networks = loaded(case)
    warping = networks["warping_module"]
    volume = networks["appearance_feature_extractor"](case["source"][:1])
    compressed = warping.dense_motion_network.compressed(volume)
    x_s, x_d = case["x_s"][:1], case["x_d"]
    together = warping.draw(volume, compressed, x_d, x_s)
    for number in range(2):
        alone = warping(volume, x_d[number : number + 1], x_s)
        assert (together["out"][number] - alone["out"][0]).abs().max() < PICTURES


def test_the_public_configuration_builds():
    networks = network.build(PUBLIC)
    assert set(networks) == {
        "appearance_feature_extractor", "motion_extractor", "warping_module", "spade_generator",
        "stitching_retargeting_module",
    }  # fmt: skip
    sizes = {name: sum(p.numel() for p in net.parameters()) for name, net in flat(networks).items()}
    assert sizes["spade_generator"] == 55_365_388
    assert not any(net.training for net in networks.values())


def test_without_upscaling_the_picture_has_the_sources_size():
    config = copy.deepcopy(cases.carried("liveportrait/A_small").config)
    del config["model_params"]["spade_generator_params"]["upscale"]
    del config["model_params"]["stitching_retargeting_module_params"]
    networks = network.build(config)
    assert "stitching_retargeting_module" not in networks
    drawn = networks["spade_generator"](torch.rand(1, 8, 8, 8))
    assert drawn.shape == (1, 3, 32, 32)


def test_without_an_occlusion_map_nothing_is_dimmed():
    config = copy.deepcopy(cases.carried("liveportrait/A_small").config)
    config["model_params"]["warping_module_params"]["estimate_occlusion_map"] = False
    warping = network.build(config)["warping_module"]
    points = torch.rand(1, 11, 3)
    assert set(warping(torch.rand(1, 8, 4, 16, 16), points, points)) == {"deformation", "out"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: p.pop("warping_module_params"), "warping_module_params is missing"),
        (lambda p: p.update(spade_params={}), "unknown section 'spade_params'"),
        (
            lambda p: p["motion_extractor_params"].update(backbone="resnet"),
            "backbone 'resnet' is not among",
        ),
        (
            lambda p: p["motion_extractor_params"].update(depths=[1, 2]),
            "the backbone has four stages",
        ),
        (
            lambda p: p["warping_module_params"].update(num_keypoints=21),
            "unknown option 'num_keypoints'",
        ),
        (
            lambda p: p["stitching_retargeting_module_params"].pop("eye"),
            "must hold stitching, lip, eye",
        ),
        (
            lambda p: p["stitching_retargeting_module_params"]["lip"].update(hidden_sizes=[1.5]),
            "lip.hidden_sizes must be a whole number",
        ),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(change, told):
    config = copy.deepcopy(PUBLIC)
    change(config["model_params"])
    with pytest.raises(SettingsError, match=told):
        network.build(config)
