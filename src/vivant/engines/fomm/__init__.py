"""The First Order Motion Model: the engine, its networks and their losses."""

from vivant.engines.fomm.engine import FommEngine, FommSettings

__all__ = ["FommEngine", "FommSettings"]
