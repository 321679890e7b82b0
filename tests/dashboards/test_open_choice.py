"""A list of numbers that holds what a link says."""

from __future__ import annotations

import param

from astroviz.dashboards.open_choice import open_choice


class Toy(param.Parameterized):
    count = param.Number(default=4)


def test_a_number_that_nobody_listed_is_shown_and_kept():
    toy = Toy()
    chosen = open_choice(toy, "count", (9, 16), "{:g} draws", "How many", 80)
    assert chosen.options == {"4 draws": 4, "9 draws": 9, "16 draws": 16}
    assert chosen.value == toy.count == 4
    chosen.value = 16
    assert toy.count == 16
    toy.count = 7
    assert chosen.value == 7
    assert chosen.options == {"7 draws": 7, "9 draws": 9, "16 draws": 16}
