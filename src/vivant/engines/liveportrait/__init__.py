"""LivePortrait: its networks and its camera."""
