"""Self-reenactment: a clip's first frame, driven by the clip itself, against the true frames."""
