"""Digits as sources."""

from __future__ import annotations

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from astroviz.lensing.digits import PIXELS, digits, labelled_digits


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_digits_are_in_prior_units_inside_the_frame():
    images = digits(500, generator())
    assert images.shape == (500, PIXELS, PIXELS)
    assert 1.6 < float(images.amax((1, 2)).median()) < 2.4
    rim = torch.cat([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], 1)
    assert float(rim.abs().mean()) < 0.1
    assert torch.equal(digits(3, generator()), digits(3, generator()))


def test_only_the_digits_asked_for_come_all_alike_often():
    _, labels = labelled_digits(2000, generator(), classes=(5, 6, 9))
    counts = torch.bincount(labels, minlength=10)
    assert int(counts[[5, 6, 9]].sum()) == 2000
    assert int(counts[[5, 6, 9]].min()) > 550


def test_moved_digits_are_still_what_they_are():
    """A classifier that learned from the training part reads those held out."""
    images, labels = labelled_digits(3000, generator())
    unseen, truth = labelled_digits(400, generator(1), held_out=True)
    reader = KNeighborsClassifier(3).fit(images.flatten(1), labels)
    assert reader.score(unseen.flatten(1), truth) > 0.9


def test_what_is_no_digit_is_refused():
    with pytest.raises(ValueError, match="digits are 0 to 9"):
        digits(3, generator(), classes=(10,))
    with pytest.raises(ValueError, match="digits are 0 to 9"):
        digits(3, generator(), classes=())
