"""Galaxy orientations: rotations, diffusion on SO(3), a universe in a box, and its statistics."""
