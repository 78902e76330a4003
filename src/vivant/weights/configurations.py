"""Published configurations of networks whose checkpoints carry none."""

from __future__ import annotations

from typing import Any, Final


def _vox(scale: float) -> dict[str, Any]:
    """Return the networks of `vox-256.yaml` (0.25) or `vox-512.yaml` (0.125).

    `vox-adv-256.yaml` differs in its discriminator only, which drawing does not need.
    """
    return {
        "model_params": {
            "common_params": {"num_kp": 10, "num_channels": 3, "estimate_jacobian": True},
            "kp_detector_params": {
                "temperature": 0.1,
                "block_expansion": 32,
                "max_features": 1024,
                "scale_factor": scale,
                "num_blocks": 5,
            },
            "generator_params": {
                "block_expansion": 64,
                "max_features": 512,
                "num_down_blocks": 2,
                "num_bottleneck_blocks": 6,
                "estimate_occlusion_map": True,
                "dense_motion_params": {
                    "block_expansion": 64,
                    "max_features": 1024,
                    "num_blocks": 5,
                    "scale_factor": scale,
                },
            },
        }
    }


VOX_256: Final = _vox(0.25)
VOX_512: Final = _vox(0.125)

LIVEPORTRAIT: Final[dict[str, Any]] = {
    "model_params": {
        "appearance_feature_extractor_params": {
            "image_channel": 3,
            "block_expansion": 64,
            "num_down_blocks": 2,
            "max_features": 512,
            "reshape_channel": 32,
            "reshape_depth": 16,
            "num_resblocks": 6,
        },
        "motion_extractor_params": {"num_kp": 21, "backbone": "convnextv2_tiny"},
        "warping_module_params": {
            "num_kp": 21,
            "block_expansion": 64,
            "max_features": 512,
            "num_down_blocks": 2,
            "reshape_channel": 32,
            "estimate_occlusion_map": True,
            "dense_motion_params": {
                "block_expansion": 32,
                "max_features": 1024,
                "num_blocks": 5,
                "reshape_depth": 16,
                "compress": 4,
            },
        },
        "spade_generator_params": {
            "upscale": 2,
            "block_expansion": 64,
            "max_features": 512,
            "num_down_blocks": 2,
        },
        "stitching_retargeting_module_params": {
            "stitching": {"input_size": 126, "hidden_sizes": [128, 128, 64], "output_size": 65},
            "lip": {"input_size": 65, "hidden_sizes": [128, 128, 64], "output_size": 63},
            "eye": {
                "input_size": 66,
                "hidden_sizes": [256, 256, 128, 128, 64],
                "output_size": 63,
            },
        },
    }
}
"""`models.yaml`, as far as it describes networks."""
