"""What is said of a run that failed, and so cannot be compared."""

import errno
import os

from repro.audits.runs.pairs import Run, Runs
from repro.audits.runs.process import End
from repro.experiment.errors import RunFailedError

# What an overlay refuses though the file system itself would not: to rename a folder that was there before, to change
# the file of another user: https://docs.kernel.org/filesystems/overlayfs.html.
ONLY_IN_LAYERS = (errno.EXDEV, errno.EOVERFLOW, errno.EROFS)


class NotInALayerError(RunFailedError):
    """The script fails in a layer, by something that only a layer refuses."""


def check(kept: Runs, *runs: Run) -> None:
    """RunFailedError if one of `runs` failed; what they left running or printed too much of is noted."""
    failed = [run for run in runs if run.failed]
    if not failed:
        for run in runs:
            assert run.ended is not None
            if run.ended.left_running:
                kept.notes[
                    f"the script left {run.ended.left_running} process(es) running at its end, which were ended"
                ] = None
            if run.ended.out.left_out or run.ended.error.left_out:
                kept.notes["the script printed more than 1 MB: its middle was not compared"] = None
        return
    first = failed[0]
    in_one_process = len({id(run.ended) for run in runs}) == 1
    one_of_two = len(runs) == 2 and len(failed) == 1 and not in_one_process
    words = (f"run {first.label} " if one_of_two else "the script ") + reason(first)
    if one_of_two:
        words += ". The other run finished: whatever makes one of two runs fail differs between them"
    raise RunFailedError(words)


def reason(run: Run) -> str:
    """Why a run failed, as the rest of a sentence, with the script's own words; NotInALayerError if a layer did it."""
    assert run.ended is not None
    for number in ONLY_IN_LAYERS:
        if run.place.layer is not None and os.strerror(number) in run.ended.error.text:
            raise NotInALayerError(f"in one the script fails ({os.strerror(number)})")
    words = str(run.failure)
    if run.error and run.ended.end in (End.BY_ITSELF, End.MEMORY):
        words += f": {run.error}"
    elif run.ended.end is End.TIME:
        words += ". Limit the number of training steps with --max-steps, or allow more time with --timeout"
    return words
