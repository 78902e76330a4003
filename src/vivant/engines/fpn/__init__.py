"""The thesis' feature pyramid generator: the engine, its networks, and its baseline."""

from vivant.engines.fpn.engine import FpnEngine, FpnSettings

__all__ = ["FpnEngine", "FpnSettings"]
