"""The command that shows what this user's servers do, and which process of an earlier command waits."""

import argparse
import json
import sys

from repro.commands.command import command
from repro.commands.output import say
from repro.experiment.errors import InputError
from repro.server import status as servers


@command(
    "status",
    help="show what this user's servers are doing: who waits in the queue, what runs, memory",
    description="Ask each server that this user runs on this machine what it is doing; name the process of an earlier"
    " command that waits for the next one. Exit status: 0; 2 if there is neither, with --json if no server runs.",
)
def status(options: argparse.Namespace) -> int:
    """Print what this user's servers do; return the exit status."""
    try:
        answers, silent = servers.ask()
        templates = [] if options.json else servers.templates()
    except OSError as error:
        raise InputError(f"the servers of this user cannot be asked: {error}") from None
    if silent:
        names = " and ".join(f"server {process}" for process in silent)
        print(f"python -m repro: {names} did not answer within {servers.TIMEOUT:g} s: ask again", file=sys.stderr)
    elif not answers and not templates:
        raise InputError("no server of yours runs on this machine: `streamlit run app.py` starts one")
    if options.json:
        say(json.dumps(answers))
    else:
        say("\n".join([*(line for answer in answers for line in servers.lines(answer)), *templates]))
    return 0
