"""Platforms are found, and two of one name are refused."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from carts.platforms.ultracart.platform import UltraCart
from intake.registry import platform_choices, platform_get, platforms, register


def test_every_platform_file_is_found():
    shops = {"api", "magento", "shopify", "ultracart", "woocommerce"}
    assert set(platforms()) == shops | {"acuity", "calcom", "calendly", "oncehub"}
    assert ("ultracart", "UltraCart") in platform_choices()
    assert platform_get("no-such") is None


def test_two_platforms_of_one_name_do_not_start():
    class Impostor(UltraCart):
        title = "Another UltraCart"

    with pytest.raises(ImproperlyConfigured, match="Two platforms are called 'ultracart'"):
        register([UltraCart, Impostor])
