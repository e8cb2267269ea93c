"""An audit in the background: what it does now, what it has found, and how to stop it."""

import re
import tempfile
import threading
from concurrent.futures import CancelledError
from pathlib import Path

from repro.audits.audit import audit
from repro.audits.gallery.offered import Offered
from repro.audits.report.result import Result
from repro.audits.runs.pairs import Progress, StoppedError
from repro.engine.executor import QueueExecutor
from repro.engine.queue import Queue
from repro.experiment.errors import ReproError

# A path from the root on: all but the file's name is the operator's own affair. No address of a web page.
FOLDERS = re.compile(r"(?<![\w:/.])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"<>|:]+[/\\])+")


class BackgroundAudit:
    """One audit of a script, or of `code` in its place, with its `arguments`, or others. Its runs wait in `queue` under
    the name of `visitor`; if the queue is full, it fails.

    `progress` is what it does now; when it has ended, one of three is there: `result`, `failure` (in a line that names
    no folder), or `stopped` is true.
    """

    def __init__(
        self,
        script: Offered,
        queue: Queue,
        visitor: str,
        *,
        causes: bool,
        seconds: float,
        arguments: str | None = None,
        code: str | None = None,
    ) -> None:
        self.script, self.causes = script, causes
        made = script.made
        self.code, self.cells = (made.code, made.cells) if code is None else (code, ())
        self.progress: Progress | None = None
        self.result: Result | None = None
        self.failure: str | None = None
        self.stopped = False
        self._arguments = script.read_arguments(script.arguments if arguments is None else arguments)
        self._changed, self._seconds = code is not None, seconds
        self._stop = threading.Event()  # an audit that fails sets it as well, to end its runs
        self._cancelled = False
        self._ended = threading.Event()
        self._executor = QueueExecutor(queue, visitor, f"audit:{script.key}")
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.is_set()

    @property
    def waiting(self) -> bool:
        """Whether all that it is about to do waits in the queue."""
        return self._executor.waiting

    def join(self, timeout: float | None = None) -> bool:
        """Wait for its end, at most `timeout` seconds; whether it has ended."""
        return self._ended.wait(timeout)

    def cancel(self) -> None:
        """Stop it."""
        self._cancelled = True
        self._stop.set()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        try:
            if self._changed:
                with tempfile.TemporaryDirectory(prefix="audit-") as folder:
                    path = Path(folder) / self.script.path.name
                    path.write_text(self.code, encoding="utf-8")
                    self.result = self._audit(path)
            else:
                self.result = self._audit(self.script.path)
        except (StoppedError, CancelledError):
            self.stopped = True
        except ReproError as error:
            if self._cancelled:
                self.stopped = True
            else:
                self.failure = without_folders(str(error))
        except BaseException:
            self.failure = "The audit failed because of an error in this program. The log has the details."
            raise
        finally:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._ended.set()

    def _audit(self, path: Path) -> Result:
        return audit(
            path,
            self._arguments,
            causes=self.causes,
            timeout=self._seconds,
            progress=self._take,
            stop=self._stop,
            executor=self._executor,
        )

    def _take(self, progress: Progress) -> None:
        self.progress = progress


def without_folders(text: str) -> str:
    """The text without the folders of absolute paths: their last names stay."""
    return FOLDERS.sub("…/", text)
