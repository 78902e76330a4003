from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the networks need the extra learned")

from vivant.engines.layers.blocks import Up  # noqa: E402
from vivant.engines.layers.enlarged import QuickUp  # noqa: E402


@pytest.mark.parametrize("shape", [(1, 5, 6, 9), (2, 5, 1, 1)])
@torch.no_grad()
def test_four_taps_do_the_work_of_nine(shape):
    torch.manual_seed(0)
    up = Up(5, 3).eval()
    up.norm.running_mean.normal_()
    up.norm.running_var.uniform_(0.5, 2)
    up.norm.weight.normal_()
    up.norm.bias.normal_()
    x = torch.randn(shape)
    assert (QuickUp(up)(x) - up(x)).abs().max() < 1e-5
