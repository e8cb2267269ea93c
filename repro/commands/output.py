"""How commands print."""

import sys

from repro.experiment.errors import OutputError


def say(text: str, end: str = "\n") -> None:
    """Prints `text` to standard output at once; OutputError if that fails."""
    try:
        print(text, end=end, flush=True)
    except OSError as error:
        sys.stdout = None  # what is left in its buffer cannot be written either: Python would try at its end
        raise OutputError(error) from None
