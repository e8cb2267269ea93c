"""Makes scripts that import TensorFlow start and end sooner, for tests that run many: this folder goes on PYTHONPATH.

Keras imports pandas if it can, to know its data frames (array_slicing.py), and Python searches what TensorFlow makes
for garbage, again and again as it is imported and once more as Python ends: half of the processor time of a short
script.
"""

import atexit
import gc
import sys

sys.modules["pandas"] = None  # type: ignore[assignment]  # https://docs.python.org/3/reference/import.html
gc.set_threshold(1_000_000)  # objects; TensorFlow's import makes half as many
atexit.register(gc.freeze)
