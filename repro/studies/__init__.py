"""Questions that several runs answer: a pair, every combination of seeding lines, many seeds, a saved record.

How a process is started does not belong here, nor how an answer is drawn.

Offers: `interface`, `jobs`, `matrix`, `pair`, `recipes`, `script_seeds`, `script_verification`, `seeds`, `study`,
`tried`, `verification`.
"""
