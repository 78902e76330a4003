"""Which engines and detectors take weights, what their public files are, and what is in them.

No digest stands here: their authors publish none that we could compare with. What was added is
recorded with its own sha256, so that two people can tell whether they have the same file.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vivant.errors import AskedWrongly, listed
from vivant.weights import configurations


@dataclass(frozen=True, slots=True)
class Published:
    """One public set of weights."""

    file: str
    """What the file, or the folder, is called where it is published."""
    origin: str
    """Where, and by whom."""
    licence: str
    config: Mapping[str, Any]
    """The configuration that `network.build` takes."""


@dataclass(frozen=True, slots=True)
class Method:
    """What an engine's weights look like."""

    title: str
    """The method's name."""
    needs: str
    """What has to be added, for a message."""
    network: str
    """Module whose `build` makes the networks; imported only to check a file against them."""
    networks: tuple[str, ...]
    """The networks that are kept; others in a file are left out."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Where a checkpoint has its networks: `file` or `file/entry`, without ending, of each; a
    checkpoint of one file has entries only. Without any, the file is the only network itself."""
    folder: bool = False
    """Whether the original is a folder of files."""
    unpublished: str = ""
    """Where to get some, where there are no public ones."""
    published: Mapping[str, Published] = field(default_factory=dict)
    """Name to public weights."""
    usual: Mapping[str, Any] | None = None
    """Configuration of weights under any other name; None where it must be given."""
    sections: tuple[str, ...] = ()
    """Sections of a configuration that describe networks; without any, all are kept."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """What tensors' names may begin with to what they begin with here."""
    naming: str = "--{engine}.weights {name}"
    """How the command line says which of several are meant."""


_FOMM = "https://github.com/AliaksandrSiarohin/first-order-model"
_FOMM_LICENCE = "MIT (its repository; the checkpoints state no licence of their own)"

METHODS: Final[Mapping[str, Method]] = {
    "fomm": Method(
        title="First Order Motion Model",
        needs="the networks of a First Order Motion Model, such as vox-cpk.pth.tar",
        network="vivant.engines.fomm.network",
        networks=("kp_detector", "generator"),
        parts={"kp_detector": "kp_detector", "generator": "generator"},
        published={
            "vox-256": Published(
                "vox-cpk.pth.tar", f"its authors, linked from {_FOMM}", _FOMM_LICENCE,
                configurations.VOX_256,
            ),
            "vox-adv-256": Published(
                "vox-adv-cpk.pth.tar", f"its authors, linked from {_FOMM}", _FOMM_LICENCE,
                configurations.VOX_256,
            ),
            "vox-512": Published(
                "vox-512.pth.tar", f"others, by the configuration vox-512.yaml of {_FOMM}",
                "not stated", configurations.VOX_512,
            ),
        },
        sections=("model_params",),
    ),
    "fpn": Method(
        title="the thesis' feature pyramids",
        needs="the generator of the thesis' feature pyramids",
        network="vivant.engines.fpn.network",
        networks=("generator",),
        unpublished="Its author published none: train one.",
        usual={"generator": {}},
        sections=("generator", "size"),
    ),
    "ganimation": Method(
        title="GANimation",
        needs="the generator of a GANimation, a file such as net_epoch_30_id_G.pth",
        network="vivant.engines.ganimation.network",
        networks=("generator",),
        unpublished="Its authors published none: train one on OpenFace's 17 intensities.",
        usual={"generator": {"conv_dim": 64, "c_dim": 17, "repeat_num": 6}},
        sections=("generator",),
    ),
    "glow": Method(
        title="Glow",
        needs="a flow of faces, such as model_200001.pt",
        network="vivant.engines.glow.network",
        networks=("glow",),
        unpublished="The code at https://github.com/rosinality/glow-pytorch trains one; those of "
        "the paper's authors are of another form.",
        usual={"in_channel": 3, "n_flow": 32, "n_block": 4, "affine": True, "conv_lu": True},
    ),
    "liveportrait": Method(
        title="LivePortrait",
        needs="the folder liveportrait of its release, with appearance_feature_extractor.pth, "
        "motion_extractor.pth, warping_module.pth, spade_generator.pth and "
        "stitching_retargeting_module.pth in it",
        network="vivant.engines.liveportrait.network",
        networks=(
            "appearance_feature_extractor", "motion_extractor", "warping_module",
            "spade_generator", "stitching_retargeting_module",
        ),
        parts={
            "appearance_feature_extractor": "appearance_feature_extractor",
            "motion_extractor": "motion_extractor",
            "warping_module": "warping_module",
            "spade_generator": "spade_generator",
            "stitching_retargeting_module.stitching":
                "stitching_retargeting_module/retarget_shoulder",
            "stitching_retargeting_module.lip": "stitching_retargeting_module/retarget_mouth",
            "stitching_retargeting_module.eye": "stitching_retargeting_module/retarget_eye",
        },
        folder=True,
        published={
            "human": Published(
                "the folder liveportrait",
                "its authors, https://huggingface.co/KwaiVGI/LivePortrait",
                "MIT (its repository)",
                configurations.LIVEPORTRAIT,
            ),
        },
        usual=configurations.LIVEPORTRAIT,
        sections=("model_params", "image_size"),
    ),
    "xception": Method(
        title="Xception",
        needs="a state_dict of FaceForensics++'s Xception, such as one saved from full_c23.p",
        network="vivant.forensics.networks",
        networks=("detector",),
        unpublished="Its authors publish faceforensics++_models.zip, linked from "
        "https://github.com/ondyari/FaceForensics/tree/master/classification; licence: MIT (its "
        "repository; the files state none of their own). The files in it are whole pickled "
        "modules, which can run anything and are refused: save a state_dict of one where you trust "
        "it, or take one that others trained in that layout.",
        usual={"num_out_classes": 2},
        renamed={"model.last_linear.1.": "model.last_linear."},  # trained with dropout
        naming="--detector {engine}/{name}",
    ),
}  # fmt: skip
"""Engine, or detector, to its method."""

TELLTALE: Final = {
    "he_estimator": "face-vid2vid",
    "region_predictor": "Motion Representations for Articulated Animation",
    "inpainting_network": "Thin-Plate Spline Motion Model",
    "kp_detector": "the First Order Motion Model",
    "attetion_reg.0.weight": "the generator of GANimation",
    "retarget_shoulder": "LivePortrait's stitching_retargeting_module",
    "detector.fc_kp.weight": "LivePortrait's motion_extractor",
    "G_middle_0.conv_0.bias": "LivePortrait's spade_generator",
    "resblocks_3d.3dr0.conv1.weight": "LivePortrait's appearance_feature_extractor",
    "dense_motion_network.hourglass.decoder.conv.weight": "LivePortrait's warping_module",
    "blocks.0.flows.0.actnorm.loc": "Glow",
    "face_encoder_blocks.0.0.conv_block.0.weight": "Wav2Lip",
    "conv2d_1a.conv.weight": "FaceNet (InceptionResnetV1)",
    "block12.skip.weight": "Xception without a detector's head",
    "model.block12.skip.weight": "FaceForensics++'s Xception",
    "params_ema": "a network for restoring pictures, such as GFPGAN",
    "layer1.0.conv1.weight": "a ResNet",
    "model.diffusion_model.input_blocks.0.0.weight": "Stable Diffusion",
    "conv2.weight": "the discriminator of GANimation (only its generator is taken)",
}
"""A name in a checkpoint to what has it; the first that is there counts."""


def method(engine: str) -> Method:
    """Return the method of an engine.

    Raises:
        AskedWrongly: it takes no weights; the nearest that does is offered.

    >>> method("fom")
    Traceback (most recent call last):
    vivant.errors.AskedWrongly: no engine 'fom' takes weights; did you mean 'fomm'? known: ...
    """
    if engine not in METHODS:
        raise AskedWrongly(f"no engine {engine!r} takes weights; {nearest(engine, METHODS)}")
    return METHODS[engine]


def nearest(name: str, known: Mapping[str, object]) -> str:
    """Return `did you mean ...? known: ...`.

    >>> nearest("vox-265", {"vox-256": 1, "human": 2})
    "did you mean 'vox-256'? known: human, vox-256"
    """
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}known: {listed(known) or 'none'}"


def advice(engine: str) -> str:
    """Return how to come by an engine's weights, and the command to add them."""
    entry = method(engine)
    if not entry.published:
        return f"{entry.unpublished} Then: vivant weights add FILE --as {engine}/NAME"
    name, found = next(iter(entry.published.items()))
    what = "DIR" if entry.folder else found.file
    return (
        f"{found.file} is published by {found.origin}; licence: {found.licence}. Then: "
        f"vivant weights add {what} --as {engine}/{name}"
    )
