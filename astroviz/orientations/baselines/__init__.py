r"""Earlier methods for densities of rotations, written anew and small, to compare at equal work."""
