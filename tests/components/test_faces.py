"""Both faces of the pictures say the same: names, defaults, choices."""

from __future__ import annotations

import subprocess
import sys

import pytest

from astroviz.components import faces
from astroviz.components.traits import SPHERE, WEB_BOX

PAIRS = [
    ("OrientationSphere", "OrientationSphereWidget", SPHERE),
    ("WebBox", "WebBoxWidget", WEB_BOX),
]
NAMES = [name for name, _, _ in PAIRS]


@pytest.mark.parametrize(("page", "notebook", "traits"), PAIRS, ids=NAMES)
def test_both_faces_have_the_same_state(page, notebook, traits):
    one, other = getattr(faces, page)(), getattr(faces, notebook)()
    synced = {
        name for name in other.traits(sync=True) if not name.startswith("_") and name in traits
    }
    assert synced == set(traits)
    assert set(traits) <= set(one.param)
    for name, trait in traits.items():
        assert getattr(one, name) == trait.default, name
        assert getattr(other, name) == trait.default, name
        assert one.param[name].doc == trait.help
        assert other.traits()[name].help == trait.help


@pytest.mark.parametrize(("page", "notebook", "traits"), PAIRS, ids=NAMES)
def test_a_value_that_is_no_choice_is_refused_by_both(page, notebook, traits):
    one, other = getattr(faces, page)(), getattr(faces, notebook)()
    with pytest.raises(ValueError, match="renderer"):
        one.renderer = "vulkan"
    with pytest.raises(Exception, match="renderer"):
        other.renderer = "vulkan"


@pytest.mark.parametrize(("page", "notebook", "traits"), PAIRS, ids=NAMES)
def test_both_faces_hand_on_the_same_module(page, notebook, traits):
    source = getattr(faces, page)._esm
    assert source.count("export default") == 1
    assert "import " not in source.replace("important", "")
    for word in ("http://", "https://", "fetch(", "eval("):
        assert word not in source


def test_names_are_found_lazily_and_others_are_refused():
    code = (
        "import sys; from astroviz.components.faces import OrientationSphereWidget;"
        "print('panel' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    with pytest.raises(AttributeError, match="no attribute 'Cube'"):
        _ = faces.Cube
