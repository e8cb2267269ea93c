"""What becomes a run of an audit: a process that ends when the one that started it does, and then is the script.

Run by path, without `site`, so it stays as quick as the interpreter: `python -I -S begin.py PARENT INTERPRETER …`.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from Linux's sys/prctl.h


def main() -> None:
    """Asks to be killed with its parent, if the system can do so, and becomes the command that it is given."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended already
            os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
