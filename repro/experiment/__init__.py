"""What decides a run: settings, seeding steps, conditions, twists, and the limits of this installation.

What starts a process, trains, or knows of a page does not belong here: this room is pure.

Offers: `experiment.Experiment`, `settings.SETTINGS`, `seeding.SEEDING_STEPS`, `twists.TWISTS`, `limits.LIMITS`.
"""
