"""Online classes: a face that takes more or less of the frame, in two roles."""
