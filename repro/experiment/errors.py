"""The errors of this package. Whatever else is raised is a bug, and must look like one.

    ReproError                    the message is one line, in words for a person
    ├── InputError (ValueError)   what a person gave cannot be used; exit status 2
    │   ├── LimitError            an environment variable REPRO_… cannot be used
    │   └── RecordError           a record cannot be opened, written or saved
    ├── ImagesError               the bundled images are missing or damaged
    ├── EventError                a worker process wrote something that is no event
    ├── RunFailedError            a run failed; exit status 3
    ├── NoRoomError               this machine cannot start another process or thread
    ├── TemplateGoneError         the process that forks the runs has ended
    ├── QueueFullError            too many visitors wait already
    ├── ServerFullError           the server keeps as much of its visitors' runs as it may
    └── OutputError               standard output cannot be written

The command line ends with status 3 at those that are not of a person's making, and with `BUG` at anything else, after
the traceback. The page shows the message of an error that it meets, and for anything else one sentence, with the
traceback in the log.
"""


def sentence(text: str) -> str:
    """`text`, such as the message of an error, with a capital at its beginning, and the rest as it is."""
    return text[:1].upper() + text[1:]


def missing(error: ModuleNotFoundError) -> str:
    """What to do where a package of others cannot be imported. Raises `error` again if the module is our own: a bug."""
    package = (error.name or "").partition(".")[0]
    if package in ("", "repro"):
        raise error
    return f"the package {package} is missing: `pip install -r requirements.txt` installs what is needed"


BAD_INPUT, FAILED = 2, 3  # exit statuses; 0 and 1 are answers
BUG = 70  # EX_SOFTWARE of <sysexits.h>, which `os` has on Unix alone


class ReproError(Exception):
    """The base of all errors of this package."""


class InputError(ReproError, ValueError):
    """What a person gave cannot be used: the message quotes it and says what can."""


class LimitError(InputError):
    """An environment variable of the operator's cannot be used."""


class RecordError(InputError):
    """A record cannot be opened, written or saved."""


class ImagesError(ReproError):
    """The bundled images are missing or damaged."""


class EventError(ReproError):
    """A line or object that a worker process, or a record, gave is no event, or does not fit those before it."""


class RunFailedError(ReproError):
    """A run failed; the message is what the run said."""


class NoRoomError(ReproError):
    """This machine cannot start another process or thread."""

    def __init__(self) -> None:
        super().__init__("This machine cannot start another process. Wait until others have ended, and train again.")


class TemplateGoneError(ReproError):
    """The process that forks the runs has ended."""


class QueueFullError(ReproError):
    """Too many visitors wait already."""


class ServerFullError(ReproError):
    """The server keeps as many visits, or as much of their runs, as its operator allows."""


class OutputError(ReproError):
    """Standard output cannot be written; `reader_is_gone` if that is because nobody reads it any more."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output cannot be written: {error.strerror or error}")
        self.reader_is_gone = isinstance(error, BrokenPipeError)
