"""The audit of a person's own script: does it repeat, which line makes it differ, what would be sufficient.

Its rooms, in the order in which an audit goes through them: `runs` starts the script in folders and processes of its
own, where the `observer` watches it; `comparison` reads what two runs tell; `causes` finds by trying what makes them
differ; `report` says it. `against` holds a script against itself with one change. The scripts of the page stand in the
`gallery`. It knows nothing of our own two programs, nor of their seeding lines: those do not belong here.

Offers: `against.apart`, `against.hold`, `against.result`, `audit`, `background`, `comparison.comparison`,
`comparison.packed`, `comparison.seen`, `gallery.offered`, `interface`, `observer.format`, `report.draws`,
`report.facts`, `report.lines`, `report.result`, `report.words`, `runs.failures`, `runs.notebook`, `runs.pairs`,
`runs.workspace`, `sources`.
"""
