"""The audit of a person's own script: does it repeat, which line makes it differ, what would be enough.

It knows nothing of our own two programs, of their seeding steps or of their verdicts: those do not belong here.

Offers: `audit.audit`, `result.Result`, `report.lines`, `record`, `sources.SOURCES`, `observer.format`.
"""
