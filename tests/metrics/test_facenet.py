from __future__ import annotations

import pytest

from vivant.errors import SettingsError

torch = pytest.importorskip("torch", reason="FaceNet's network needs the extra learned")

import cases  # noqa: E402

from vivant.metrics.facenet import build, standardised  # noqa: E402


@pytest.mark.fixtures
@torch.no_grad()
def test_it_has_the_public_names_and_the_recorded_answers():
    full = cases.full("facenet/A_fullsize")
    network = build(full.config).eval()
    assert cases.names(network) == cases.keys(full)
    full.load(network, "")
    # Batch norms with the usual epsilon would be off by ten times this.
    full.check("output", network(full["x"]), 2e-5)
    full.check("embedding", network(full["x"]), 2e-5)


@torch.no_grad()
def test_embeddings_have_length_1_and_logits_have_not():
    faces = standardised(torch.randint(0, 256, (2, 3, 160, 160)).float())
    assert faces.abs().max() < 1
    torch.testing.assert_close(build({}).eval()(faces).norm(dim=1), torch.ones(2))
    logits = build({"classify": True, "num_classes": 7}).eval()(faces)
    assert logits.shape == (2, 7)


def test_public_files_load_with_or_without_their_last_layer():
    saved = build({"num_classes": 8631}).state_dict()
    assert saved["logits.weight"].shape == (8631, 512)
    build({}).load_state_dict(saved)
    build({"classify": True, "num_classes": 8631}).load_state_dict(saved)
    assert "logits.bias" in saved


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"clasify": True}, "did you mean 'classify'"),
        ({"classify": True}, "wants num_classes"),
        ({"num_classes": 0}, "num_classes must be above 0, got 0"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(config, told):
    with pytest.raises(SettingsError, match=told):
        build(config)
