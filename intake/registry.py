"""The platforms, found by walking the folder `platforms` of each app whose config says `has_platforms`.

Adding one is adding one file. A shop's own apps may have a folder of that name for something else.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from intake.platform import Platform


@cache
def platforms() -> dict[str, Platform]:
    """Every platform by its name, in the order of their titles."""
    packages = [
        importlib.import_module(f"{config.name}.platforms")
        for config in apps.get_app_configs()
        if getattr(config, "has_platforms", False)
    ]
    modules = [
        importlib.import_module(info.name)
        for package in packages
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    # A class without a name is what others are made from.
    return register(
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Platform)
        and hasattr(value, "name")
        and value.__module__ == module.__name__
    )


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
