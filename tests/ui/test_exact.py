"""The exact posterior on the page: first the network's answer, then the refined one."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.ui

NOTE = "moved to the exact posterior of the simulator"


def test_exact_draws_follow_those_of_the_network_and_go_again(open_page, changes):
    page = open_page("/stars/star")
    switch = page.get_by_role("switch", name="Exact")
    changes("corner", switch.click)
    page.get_by_text(NOTE).first.wait_for()
    page.wait_for_url(re.compile("exact=true"))
    changes("corner", switch.click)
    page.get_by_text(NOTE).first.wait_for(state="hidden")
