"""The commands of `python -m repro`: each trains or reads, prints, and returns its exit status.

What a command prints does not belong here: it stands in the room that it speaks of.

Offers: `command`, `output`.
"""
