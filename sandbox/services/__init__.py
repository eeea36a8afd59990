"""The CRM's services, one file each. A method is a function registered by its wire name.

Every file of this package is imported here, so adding a service is adding a file.
"""

from __future__ import annotations

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
