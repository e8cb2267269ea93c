"""The audit of a person's own script: does it repeat, which line makes it differ, what would be enough.

It knows nothing of our own two programs, of their seeding steps or of their verdicts: those do not belong here.

Offers: `audit.audit`, `result.Result`, `report.lines`, `record`, `sources.SOURCES`, `observer.format`.
"""

import sys
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    """Importing a package sets its name in the one above: `from repro import audit` gives this, which can be called."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """As `repro.audit.audit.audit`."""
        from repro.audit.audit import audit

        return audit(*arguments, **options)


# https://docs.python.org/3/reference/datamodel.html#customizing-module-attribute-access
sys.modules[__name__].__class__ = _Package
