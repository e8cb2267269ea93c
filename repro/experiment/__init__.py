"""What decides a run: settings, seeding lines, conditions, twists, and the limits of this installation.

What starts a process, trains, or knows of a page does not belong here: this room is pure.

Offers: `conditions`, `errors`, `experiment`, `kinds`, `limits`, `machine`, `path`, `programs`, `seeding`, `settings`,
`twists`.
"""
