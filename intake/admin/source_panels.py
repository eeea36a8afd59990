"""What an app adds to the page of a source; its pages' module registers it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern

from intake.admin.readonly import ButtonsAdmin
from intake.models.sources import Source
from intake.watch.overview import Overview


class SourcePanel:
    """`facts` is a template of rows for what comes in, `section` one of a section below the form."""

    facts = ""
    section = ""

    def urls(self, page: ButtonsAdmin) -> list[URLPattern]:
        return []

    def context(self, request: HttpRequest, source: Source, overview: Overview) -> dict[str, Any]:
        """What its templates need beside what the page has."""
        return {}


source_panels: list[SourcePanel] = []


def source_panel_register(panel: SourcePanel) -> None:
    source_panels.append(panel)
