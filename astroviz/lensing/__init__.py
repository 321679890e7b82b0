"""Strong lensing: score-based priors of sources, posteriors under a lens, and their truth."""
