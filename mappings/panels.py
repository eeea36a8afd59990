"""What upper layers show about a connection, as links on its settings page.

An upper layer registers a panel when its app is ready; this layer knows a name, a title and a URL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch

from mappings.models import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """`url` builds the page's address for a connection; it may answer "" or find no such route."""

    name: str
    title: str
    url: Callable[[Connection], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelLink:
    name: str
    title: str
    url: str


_panels: dict[str, Panel] = {}


def panel_register(panel: Panel) -> None:
    """Show the panel from now on. Raises ValueError if another one has its name."""
    if _panels.setdefault(panel.name, panel) != panel:
        raise ValueError(f"A panel named {panel.name} is registered already.")


def panel_links(connection: Connection) -> Iterator[PanelLink]:
    """The panels that have a page for this connection, in the order of registration."""
    for panel in _panels.values():
        try:
            url = panel.url(connection)
        except NoReverseMatch:
            continue
        if url:
            yield PanelLink(name=panel.name, title=panel.title, url=url)
