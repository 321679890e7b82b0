r"""Earlier methods for densities of rotations, written small and anew, for comparisons."""
