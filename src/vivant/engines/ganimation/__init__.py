"""GANimation: Action Units in, a face that shows them out; needs the extra `learned`."""

from vivant.engines.ganimation.engine import GanimationEngine, GanimationSettings

__all__ = ["GanimationEngine", "GanimationSettings"]
