"""What is on screen while a page's scripts start: its bar and a spinner, at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from panel_material_ui.base import BASE_TEMPLATE

__all__ = ["early_template", "first_style"]

# Panel would lay a grey screen with a spinner over everything instead.
_STYLE = """
#loader {{ z-index: -1 !important; background: {ground} !important; }}
#loader::before {{ content: "astroviz"; position: absolute; inset: 0 0 auto 0; height: 52px;
  box-sizing: border-box; padding-left: 48px; background: {paper}; color: {primary};
  border-bottom: 1px solid {line}; font: 700 16px/50px Roboto, Helvetica, Arial, sans-serif; }}
#loader .spinner {{ width: 26px; height: 26px; border-width: 3px; border-color: {line};
  border-top-color: {primary}; }}
"""

# Three megabytes of scripts in the head keep a browser from painting anything for a second. At the
# end of the body they run after the first paint, and still before the page is said to be loaded.
_TEMPLATE = """
{% extends base %}
{% block js_resources %}{% endblock %}
{% block loader %}{{ super() | replace("display: none", "display: flex") }}{% endblock %}
{% block loader_script %}{{ super() }}{{ bokeh_js }}{% endblock %}
"""


def first_style(palette: Mapping[str, Any]) -> str:
    """The style of what is seen before the page itself is, in the colours of a theme."""
    return _STYLE.format(
        ground=palette["background"]["default"],
        paper=palette["background"]["paper"],
        primary=palette["primary"]["main"],
        line=palette["divider"],
    )


@cache
def early_template() -> Any:
    """The template of a page with its scripts last; Panel's own where it has other parts."""
    base = BASE_TEMPLATE
    if not {"js_resources", "loader", "loader_script"} <= base.blocks.keys():
        return base
    return base.environment.from_string(_TEMPLATE, {"base": base})
