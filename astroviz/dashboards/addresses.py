"""What a server answers beside its pages: its health, and the ways to a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tornado.web import RequestHandler

from astroviz.dashboards.gallery import PageEntry

__all__ = ["other_addresses"]


class Liveness(RequestHandler):
    """Answers 200 while the server lives, and says whether each page's model does."""

    def initialize(self, house: Any) -> None:
        self.house = house

    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(self.house.health()))


class Onward(RequestHandler):
    """Leads from a page to its view.

    The address of a view is one step deeper than that of its page: what a page that was opened at
    the upper one loads later would be looked for in the wrong place.
    """

    def initialize(self, entry: PageEntry) -> None:
        self.entry = entry

    def get(self) -> None:
        wanted = self.get_query_argument("view", "")
        view = wanted if wanted in self.entry.views else self.entry.views[0]
        query = f"?{self.request.query}" if self.request.query else ""
        # Relative, for a server behind a proxy that puts it below an address of its own.
        self.redirect(f"{self.entry.route.strip('/')}/{view}{query}")


class Login(RequestHandler):
    """Panel asks for the password beside the page that was wanted; its form is at the top."""

    def get(self) -> None:
        self.redirect(f"../login?{self.request.query}")


def other_addresses(house: Any, pages: Sequence[PageEntry]) -> list[Any]:
    """Addresses that are no pages: what answers, as tornado takes it."""
    found: list[Any] = [(r"/liveness", Liveness, {"house": house})]
    for entry in pages:
        found += [(f"{entry.route}", Onward, {"entry": entry}), (f"{entry.route}/login", Login)]
    return found
