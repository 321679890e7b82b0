r"""Figures: arrays in, Bokeh figures out, patched in place while a slider moves."""
