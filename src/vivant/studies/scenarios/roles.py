"""What *source* and *target* mean where: the field has no common word for either."""

from __future__ import annotations

from typing import Final

HEADS: Final = ("where", "source", "target", "result")
_CHANGED: Final = "the target, with the source's expression"
_FROM_MEAN: Final = "the identity whose expression is taken, as a change from its mean face"
_ITS_OWN: Final = "the picture that is drawn (in the method's own demo: the source image)"
ROLES: Final = (
    ("Park et al. 2023, the framework", "a single picture, whose face or expression is wanted",
     "a video of an online class", "the target video with the face of the source's picture"),
    ("first order model, as used there", "the picture that is drawn: its look",
     "the video that drives: its motion", "the source, moving as the target"),
    ("GANimation, as used there", "the picture whose expression (Action Units) is taken",
     "the video that is changed: its look and pose", _CHANGED),
    ("Petruk 2020", "the face that gives the expression (x)",
     "the face that is drawn: its look, pose and light (x')", _CHANGED),
    ("Glow, Valenzuela et al. 2021", _FROM_MEAN, "the identity that is drawn", _CHANGED),
    ("E1I3 2023", "the video that drives", _ITS_OWN, "the target, moving as the source"),
    ("vivant, role reenact", "the portrait: the person that is drawn",
     "the class video: it drives, and is what results are compared with",
     "the source in the target's seat, moving as the target"),
    ("vivant, role swap", "the portrait, of which only the expression is taken",
     "the class video: it is changed, and is what results are compared with",
     "the target, with the source's expression held"),
)  # fmt: skip
"""Who says it, source, target, result."""

PAPER: Final = ("mse", "rmse", "rase", "psnr", "uqi", "vif", "ergas")
"""The paper's measures, in the order of its Table 3."""
_FOMM: Final = "first order model (published)"
_GANIMATION: Final = "GANimation (published)"
PUBLISHED: Final = (
    (_FOMM, "attendance", 1202.27, 32.16, 2342.35, 20.60, 0.96, 0.27, 8715.36),
    (_FOMM, "examination", 1613.37, 39.67, None, 16.26, 0.85, 0.16, 21242.53),
    (_FOMM, "presentation", 1492.89, 37.79, None, 16.26, 0.85, 0.15, 39648.31),
    (_GANIMATION, "attendance", 1916.28, 40.44, 1243.96, 16.87, 0.87, 0.13, 16408.81),
    (_GANIMATION, "examination", 3059.34, 50.90, None, 15.26, 0.82, 0.13, 48698.43),
    (_GANIMATION, "presentation", 2281.51, 43.85, None, 16.48, 0.86, 0.20, 66222.71),
)
"""Table 3 of Park et al. 2023: method, scenario, then `PAPER`; RASE is NaN where it is None."""
CAVEAT: Final = (
    "Published values, from other videos and pictures, whole frames, other implementations "
    "(windows and ratios are not told; RASE was NaN in two scenarios). They show the shape of the "
    "table; absolute values are not comparable with ours."
)
