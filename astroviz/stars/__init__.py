"""Young stars: simulator, network, posteriors, training, and the state of their explorer."""
