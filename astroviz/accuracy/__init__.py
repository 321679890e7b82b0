r"""Is a posterior right? Arrays in, verdicts out; knows no room and no window."""
