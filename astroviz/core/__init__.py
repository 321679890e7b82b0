r"""The inference core: it knows torch, devices and queues, and neither astronomy nor a screen."""
