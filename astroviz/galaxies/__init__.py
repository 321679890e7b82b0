r"""Galaxies: the properties of a whole survey at once, from its photometry."""

__all__: list[str] = []
