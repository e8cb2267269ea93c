"""The scripts that a page offers: its own, most with a fault that is hard to see, and those of the operator.

Those of `scripts/` look like what people write. They are run, never imported: code of ours does not belong there.
`table.GALLERY` says of each what it is modelled on.
"""
