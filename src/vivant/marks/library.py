"""The C2PA library, set up so that it neither fetches nor fills the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import c2pa


def context(trust_anchors: str | None = None) -> c2pa.Context:
    """Return a context for reading or signing.

    Args:
        trust_anchors: PEM certificates; who chains to one of them counts as trusted.
    """
    import c2pa

    settings: dict[str, Any] = {
        "version": 1,
        "verify": {
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
            "verify_trust": True,
            # signed files are read again by their makers' tests, not after every signature
            "verify_after_sign": False,
        },
        "builder": {"thumbnail": {"enabled": False}},
        "core": {
            "allowed_network_hosts": [],
            # Hash in pieces of 1 MB and keep at most 16 MB: without these the library holds
            # up to twice the file in memory (+580 MB for a 300 MB video; with them +4 MB).
            "merkle_tree_chunk_size_in_kb": 1024,
            "merkle_tree_max_proofs": 0,
            "backing_store_memory_threshold_in_mb": 16,
        },
    }
    if trust_anchors is not None:
        settings["trust"] = {"trust_anchors": trust_anchors}
    return c2pa.Context.from_dict(settings)
