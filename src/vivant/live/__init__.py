"""Live: a camera drives a portrait, now, into a window, a virtual camera, a browser or a file."""
