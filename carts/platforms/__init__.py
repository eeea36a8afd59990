"""The shop platforms, found by walking this package: adding one is adding one file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from django.core.exceptions import ImproperlyConfigured

from carts.platforms.base import Platform


@cache
def platforms() -> dict[str, Platform]:
    """Every platform by its name, in the order of their titles."""
    return register(_found())


def platform_get(name: str) -> Platform | None:
    return platforms().get(name)


def platform_choices() -> list[tuple[str, str]]:
    return [(platform.name, platform.title) for platform in platforms().values()]


def register(classes: Iterable[type[Platform]]) -> dict[str, Platform]:
    """Raises: ImproperlyConfigured if two platforms share a name."""
    known: dict[str, Platform] = {}
    for cls in sorted(classes, key=lambda cls: cls.title):
        if cls.name in known:
            first = type(known[cls.name])
            raise ImproperlyConfigured(
                f"Two platforms are called {cls.name!r}: {first.__module__} and {cls.__module__}."
            )
        known[cls.name] = cls()
    return known


def _found() -> list[type[Platform]]:
    modules = [importlib.import_module(info.name) for info in pkgutil.walk_packages(__path__, f"{__name__}.")]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Platform)
        and value is not Platform
        and value.__module__ == module.__name__
    ]
