"""LivePortrait: the engine, its networks and its camera."""

from vivant.engines.liveportrait.engine import LivePortraitEngine, LivePortraitSettings

__all__ = ["LivePortraitEngine", "LivePortraitSettings"]
