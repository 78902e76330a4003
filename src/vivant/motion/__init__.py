"""Motion over time: smoothing, rest, easing. Pure functions; a stream's state is passed in."""
