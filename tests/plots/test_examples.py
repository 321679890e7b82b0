from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import astroviz.plots

MODULES = [module.name for module in pkgutil.iter_modules(astroviz.plots.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_documentation_run(name):
    module = importlib.import_module(f"astroviz.plots.{name}")
    assert doctest.testmod(module).failed == 0
    assert module.__all__ == sorted(module.__all__)
    assert all(hasattr(module, public) for public in module.__all__)
