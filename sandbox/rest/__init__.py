"""REST v1 and v2 over the same tables as XML-RPC: one small file per group of resources.

Every file of `v1` and `v2` is imported here, so adding a group is adding a file.
"""

from __future__ import annotations

import importlib
import pkgutil

from sandbox.rest import v1, v2

for _package in (v1, v2):
    for _module in pkgutil.iter_modules(_package.__path__):
        importlib.import_module(f"{_package.__name__}.{_module.name}")
