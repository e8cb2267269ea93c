"""Scripts that look like what people write, most with a fault that is hard to see, for the audit to find.

The scripts stand in `scripts/`: they are run, never imported. `table.GALLERY` says of each what it is modelled on.
"""
