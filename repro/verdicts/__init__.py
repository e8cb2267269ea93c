"""Where two histories first differ, and why, in numbers and in words.

What starts a run does not belong here: everything is a pure function of histories.

Offers: `chance`, `control`, `disagreements`, `epochs`, `growth`, `reasons`, `report`, `strip`, `verdict`.
"""
