"""Windows on a desktop; needs the extra `desktop` (Qt)."""
