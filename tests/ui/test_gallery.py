"""The first page, and how fast pages appear."""

from __future__ import annotations

import json
import urllib.request

import pytest

pytestmark = pytest.mark.ui


def test_the_gallery_leads_to_every_page(open_page):
    page = open_page("/", ready="a.open")
    links = page.locator("a.open")
    addresses = [links.nth(k).get_attribute("href") for k in range(links.count())]
    views = ("star", "catalogue", "question", "surveys", "maps")
    stars = [f"/stars/{view}" for view in views]
    turned = [f"/orientations/{v}" for v in ("film", "kernel", "web", "catalogue", "pose")]
    lensed = ("bench", "sample", "real", "trust", "shift", "noise", "operators")
    bent = [f"/lensing/{view}" for view in lensed]
    crowd = ("population", "sed", "selection", "fit", "objects", "lessons")
    many = [f"/galaxies/{view}" for view in crowd]
    judged = [f"/accuracy/{v}" for v in ("trial", "traps", "landscape", "compare", "shift")]
    adapted = ["/adaptation/latent", "/adaptation/catalogue"]
    assert addresses == [*stars, *adapted, *turned, *bent, *many, *judged]
    links.first.click()
    page.get_by_text("P(young)").wait_for()


def test_no_page_is_broken_when_the_server_is_up(server):
    with urllib.request.urlopen(f"{server}/liveness", timeout=30) as answer:
        told = json.load(answer)
    assert told["status"] == "ok"
    assert told["broken_pages"] == {}


def test_the_name_leads_back_to_the_gallery(open_page):
    page = open_page("/stars/star")
    page.get_by_role("link", name="astroviz, the gallery").click()
    page.get_by_text("Question a trained model with your hands").wait_for()


def test_the_gallery_has_dark_ground_too(open_page):
    page = open_page("/", ready="a.open")
    main = page.locator("main")
    light = main.evaluate("(node) => getComputedStyle(node).backgroundColor")
    page.get_by_role("button", name="theme").first.click()
    page.wait_for_timeout(500)
    assert main.evaluate("(node) => getComputedStyle(node).backgroundColor") != light
