from __future__ import annotations

import pytest

from vivant.errors import MissingExtra, SettingsError, ShapeError

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")

from vivant.engines.fpn import pix2pixhd  # noqa: E402
from vivant.engines.fpn.mobilenet import MobileNetV2  # noqa: E402
from vivant.engines.fpn.network import build  # noqa: E402

TINY = {"backbone_width": 0.25, "pyramid_width": 8, "decoder_width": 8}


def networks(**options):  # type: ignore[no-untyped-def]
    torch.manual_seed(2)
    return build({"generator": TINY | options, "discriminator": {"width": 8}})


def faces(count: int = 2, side: int = 64):  # type: ignore[no-untyped-def]
    chance = torch.Generator().manual_seed(1)
    return torch.rand(2, count, 3, side, side, generator=chance) * 2 - 1


@pytest.mark.parametrize("siamese", [True, False])
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_it_draws_the_targets_size_and_every_weight_learns(siamese, norm):
    generator = networks(siamese=siamese, norm=norm)["generator"]
    source, target = faces()
    drawn = generator(source, target)
    assert drawn.shape == target.shape
    assert drawn.abs().max() <= 1
    (drawn - source).square().mean().backward()
    still = [
        name
        for name, parameter in generator.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum()
    ]
    # The source's finest map is made, as its backbone makes it, but only the target's is used.
    assert still == ([] if siamese else ["source_encoder.lateral.0.weight"])


def test_separate_encoders_have_twice_the_weights_under_names_of_their_own():
    apart = networks()["generator"].state_dict()
    shared = networks(siamese=True)["generator"].state_dict()
    of_source = {name for name in apart if name.startswith("source_encoder.")}
    of_target = {name for name in apart if name.startswith("target_encoder.")}
    of_both = {name for name in shared if name.startswith("encoder.")}
    assert len(of_source) == len(of_target) == len(of_both)
    assert {n.partition(".")[2] for n in of_source} == {n.partition(".")[2] for n in of_both}
    assert "source_encoder.backbone.features.1.conv.0.0.weight" in apart
    assert {name.split(".")[0] for name in apart} == {
        "source_encoder", "target_encoder", "heads", "smooth", "smooth_fine", "last",
    }  # fmt: skip


def test_siamese_encoders_see_source_and_target_alike():
    face = faces()[0]
    shared, apart = (networks(siamese=siamese)["generator"].eval() for siamese in (True, False))
    alike = zip(shared.see_source(face), shared.see_target(face), strict=True)
    assert all(torch.equal(a, b) for a, b in alike)
    assert not torch.equal(apart.see_source(face)[0], apart.see_target(face)[0])


def test_an_encoder_gives_five_maps_from_fine_to_coarse():
    shown = networks()["generator"].see_source(faces()[0])
    assert [tuple(each.shape[1:]) for each in shown] == [
        (4, 32, 32), (8, 16, 16), (8, 8, 8), (8, 4, 4), (8, 2, 2),
    ]  # fmt: skip


def test_with_the_skip_a_generator_that_draws_nothing_gives_the_target():
    source, target = faces()
    for skip, wanted in ((True, target), (False, torch.zeros_like(target))):
        generator = networks(skip=skip)["generator"]
        torch.nn.init.zeros_(generator.last.weight)
        torch.nn.init.zeros_(generator.last.bias)
        assert torch.equal(generator(source, target), wanted)


def test_instance_norm_is_in_pyramid_and_decoder_and_batch_norm_in_the_backbone():
    def kinds(norm: str) -> set[tuple[bool, str]]:
        return {
            ("backbone" in name, type(module).__name__)
            for name, module in networks(norm=norm)["generator"].named_modules()
            if "Norm" in type(module).__name__
        }

    assert kinds("batch") == {(True, "BatchNorm2d"), (False, "BatchNorm2d")}
    assert kinds("instance") == {(True, "BatchNorm2d"), (False, "InstanceNorm2d")}


@pytest.mark.parametrize("side", [64, 256])
def test_the_discriminator_judges_patches_of_picture_and_landmarks(side):
    judge = networks()["discriminator"].eval()
    picture, landmarks = torch.zeros(1, 3, side, side), torch.zeros(1, 1, side, side)
    judged = judge(picture, landmarks)
    assert judged.shape == (1, 1, side // 8 - 2, side // 8 - 2)
    landmarks[..., side // 2, side // 2] = 1
    assert not torch.equal(judge(picture, landmarks), judged)


def test_a_patch_is_70_pixels_wide():
    judge = networks()["discriminator"].eval()
    picture = torch.rand(1, 3, 256, 256, requires_grad=True)
    judge(picture, torch.zeros(1, 1, 256, 256))[0, 0, 15, 15].backward()
    seen = picture.grad.abs().sum(dim=(0, 1)).nonzero()
    assert (seen.max(dim=0).values - seen.min(dim=0).values + 1).tolist() == [70, 70]


def test_mobilenet_has_the_papers_size_and_the_common_names():
    with torch.device("meta"):
        backbone = MobileNetV2()
    names = backbone.state_dict()
    assert backbone.widths == (16, 24, 32, 96, 320)
    # 3.4 million in the paper, less the last convolution's 0.41 and the classifier's 1.28.
    assert sum(parameter.numel() for parameter in backbone.parameters()) == 1_811_712
    assert names["features.0.0.weight"].shape == (32, 3, 3, 3)
    assert names["features.1.conv.1.weight"].shape == (16, 32, 1, 1)
    assert names["features.17.conv.3.running_var"].shape == (320,)


def test_pix2pixhd_draws_and_every_weight_learns():
    config = {"width": 4, "downs": 2, "blocks": 1}
    generator = pix2pixhd.build(config)["generator"]
    _, target = faces(1, 32)
    drawn = generator(target, torch.rand(1, 1, 32, 32))
    assert drawn.shape == target.shape
    drawn.square().mean().backward()
    assert all(
        parameter.grad is not None and torch.isfinite(parameter.grad).all()
        for parameter in generator.parameters()
    )


def test_pix2pixhd_has_the_papers_layers():
    with torch.device("meta"):
        names = pix2pixhd.build({})["generator"].state_dict()
    assert names["enter.1.weight"].shape == (64, 4, 7, 7)
    assert names["down.3.0.weight"].shape == (1024, 512, 3, 3)
    assert names["middle.8.main.5.weight"].shape == (1024, 1024, 3, 3)
    assert names["up.0.0.weight"].shape == (1024, 512, 3, 3)
    assert names["last.1.weight"].shape == (3, 64, 7, 7)


@pytest.mark.parametrize("name", ["inceptionresnetv2", "resnext101"])
def test_a_backbone_that_is_not_here_says_so(name):
    with pytest.raises(MissingExtra, match=f"{name}.*use mobilenetv2"):
        networks(backbone=name)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"backbone": "vgg"}, "no backbone 'vgg'; known: inceptionresnetv2, mobilenetv2"),
        ({"norm": "layer"}, "norm must be one of batch, instance, got 'layer'"),
        ({"siameze": True}, "did you mean 'siamese'"),
        ({"pyramid_width": 7}, "must be even, got 7"),
        ({"backbone_width": 0}, "backbone_width must be above 0"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(options, told):
    with pytest.raises(SettingsError, match=told):
        networks(**options)


def test_pictures_that_do_not_fit_are_errors():
    built = networks()
    with pytest.raises(ShapeError, match="multiples of 32"):
        built["generator"](*faces(side=48))
    with pytest.raises(ShapeError, match="wants 4 channels"):
        built["discriminator"](torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64))
    baseline = pix2pixhd.build({"width": 4, "blocks": 1})["generator"]
    with pytest.raises(ShapeError, match="a multiple of 16"):
        baseline(torch.zeros(1, 3, 24, 24), torch.zeros(1, 1, 24, 24))
