"""The verdict in the header of a page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astroviz.core.cards import Card
from astroviz.dashboards.verdict_badge import badge_html

CARD = Card(name="stars/joint", system="stars")


def checked(*passed):
    names = [f"check {k}" for k in range(len(passed))]
    found = [{"name": n, "value": 0.1, "bound": 0.2, "passed": p}
             for n, p in zip(names, passed, strict=True)]  # fmt: skip
    return replace(CARD, extra={"checks": {"seed": 0, "verdicts": found}})


def test_no_card_no_badge():
    assert badge_html(None) == ""


@pytest.mark.parametrize(
    ("card", "kind", "words"),
    [(CARD, "unknown", "not checked"), (checked(True, True), "held", "2 checks hold"),
     (checked(True, False, True), "failed", "1 of 3 checks fail")],
)  # fmt: skip
def test_the_badge_says_what_the_card_holds_and_leads_to_the_evidence(card, kind, words):
    html = badge_html(card)
    assert f"badge {kind}" in html
    assert words in html
    assert "/accuracy/trial?tried=stars%2Fjoint" in html


def test_a_failed_check_is_named():
    assert "check 1" in badge_html(checked(True, False))


def test_a_name_cannot_break_out_of_the_page():
    html = badge_html(replace(CARD, name='stars/"><script>'))
    assert "<script>" not in html


def test_it_reads_what_a_trial_wrote_into_a_card():
    found = {"failed": ["tarp"], "p_values": {"sbc": 0.2, "tarp": 1e-5}, "passed": False}
    html = badge_html(replace(CARD, extra={"checks": found}))
    assert "1 of 2 checks fail" in html
    assert "TARP" in html
    figures = {"failed": [], "passed": True, "figures": {"ks": {"value": 0.1, "bound": 0.2}}}
    assert "1 check holds" in badge_html(replace(CARD, extra={"checks": figures}))
