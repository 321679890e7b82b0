r"""Earlier methods for densities of rotations, written anew and small, for comparison at equal work."""
