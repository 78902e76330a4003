from __future__ import annotations

import pytest

from vivant.errors import SettingsError

torch = pytest.importorskip("torch", reason="detectors need the extra learned")

import cases  # noqa: E402

from vivant.forensics.xception import build, from_imagenet  # noqa: E402


@pytest.mark.fixtures
@torch.no_grad()
def test_it_has_the_public_names_and_the_recorded_answers():
    full = cases.full("xception/A_fullsize")
    detector = build(full.config).eval()
    assert cases.names(detector) == cases.keys(full)
    full.load(detector, "")
    x = full["x"]
    logits = detector(x)
    full.check("logits", logits, 1e-4)
    full.check("probabilities", logits.softmax(dim=1), 1e-4)
    full.check("features", detector.model.features(x), 1e-4)


def test_weights_trained_with_dropout_have_their_last_layer_elsewhere():
    assert "model.last_linear.weight" in build({}).state_dict()
    with_dropout = build({"dropout": 0.5}).state_dict()
    assert "model.last_linear.1.weight" in with_dropout
    assert "model.last_linear.weight" not in with_dropout


def test_imagenet_weights_fit_after_renaming():
    detector = build({"num_out_classes": 1000})
    public = {
        name.removeprefix("model.").replace("last_linear", "fc"): (
            value[:, :, 0, 0] if "pointwise" in name else value
        )
        for name, value in detector.state_dict().items()
    }
    build({"num_out_classes": 1000}).load_state_dict(from_imagenet(public))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"num_out_class": 2}, "did you mean 'num_out_classes'"),
        ({"dropout": 1.0}, r"must lie in \[0, 1\), got 1.0"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(config, told):
    with pytest.raises(SettingsError, match=told):
        build(config)
