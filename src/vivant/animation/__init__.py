"""The way of a frame: a portrait and driving frames go in, drawn frames come out."""
