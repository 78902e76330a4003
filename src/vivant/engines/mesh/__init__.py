"""The mesh engine: the default, without torch and without a GPU."""

from vivant.engines.mesh.engine import MeshEngine, MeshSettings

__all__ = ["MeshEngine", "MeshSettings"]
