"""Makes scripts that import TensorFlow start and end sooner, for tests that run many: this folder goes on PYTHONPATH.

Keras imports pandas if it can, to know its data frames (array_slicing.py), and Python searches all that TensorFlow has
made for garbage as it ends: a third of the processor time of a short script.
"""

import atexit
import gc
import sys

sys.modules["pandas"] = None  # type: ignore[assignment]  # https://docs.python.org/3/reference/import.html
atexit.register(gc.freeze)
