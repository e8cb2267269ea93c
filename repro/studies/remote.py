"""A Dask cluster as an executor: a study's jobs go to its workers. Dask is optional, and imported here alone."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from repro.experiment.errors import InputError

TIMEOUT = 5.0  # seconds for the scheduler to answer


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The executor of the Dask cluster whose scheduler is at `address`. InputError, of one line, if Dask is missing,
    the scheduler does not answer, or it has no workers."""
    try:
        from distributed import Client
    except ImportError:
        raise InputError("--scheduler needs Dask: pip install distributed") from None
    try:
        # Asked first without a Client: one that finds no scheduler has more than a line to say at its end.
        identity = asyncio.run(asyncio.wait_for(_identity(address), TIMEOUT))
    except (OSError, TimeoutError, ValueError, TypeError) as error:  # TypeError: tls:// without certificates
        line = " ".join(str(error).split()) or f"no answer in {TIMEOUT:.0f} seconds"
        raise InputError(f"no Dask scheduler can be reached at {address!r}: {line}") from None
    if identity["type"] != "Scheduler":
        raise InputError(f"at {address!r} there is no Dask scheduler, but a {identity['type']}")
    if not identity["workers"]:
        raise InputError(f"the Dask scheduler has no workers: start some with python -m dask worker {address}")
    with Client(address, timeout=TIMEOUT, set_as_default=False) as client:
        # Dask takes equal calls for the same one, and does it once, unless it knows that they are not pure.
        yield client.get_executor(pure=False)


async def _identity(address: str) -> dict[str, Any]:
    """What the server at `address` says that it is."""
    from distributed.core import rpc

    async with rpc(address, timeout=TIMEOUT) as server:
        identity: dict[str, Any] = await server.identity()
        return identity
