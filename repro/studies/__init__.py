"""Questions that several runs answer: a pair, every combination of seeding steps, many seeds, a saved record.

How a process is started does not belong here, nor how an answer is drawn.

Offers: `pair.Pair`, `matrix.Matrix`, `seeds.Seeds`, `saved.Saved`, `verification.verification`.
"""
