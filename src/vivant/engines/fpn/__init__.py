"""The thesis' feature pyramid generator and its baseline; needs the extra `learned`."""
