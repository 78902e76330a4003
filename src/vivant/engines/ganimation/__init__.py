"""GANimation: the engine, its networks and their losses."""

from vivant.engines.ganimation.engine import GanimationEngine, GanimationSettings

__all__ = ["GanimationEngine", "GanimationSettings"]
