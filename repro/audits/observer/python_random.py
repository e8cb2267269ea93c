"""Python's `random`: the global generator's seeds and draws, and generators that are made of `random.Random`."""

import contextlib
import hashlib
import os
import random
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from .observer import Observer

_hash = hash  # as it is before it is watched
# These make a `random.Random` for names of files, for the seeds of operations, and to give it the state of another one
# at once: none is a script's own without a seed.
_INTERNAL = ("tempfile", "tensorflow.python.eager.context", "copy")


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    observer.hook("random: Random", "generators", lambda: _hook_class(observer))
    observer.hook("random: global generator", "python", lambda: _hook_global(observer))


def _hook_class(observer: Observer) -> None:
    original = random.Random.seed

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if observer.local.quiet:
            return original(self, a, version)
        caller = sys._getframe(1)
        is_global = getattr(self, "_audit_global", False)
        what = "random.seed" if is_global else "random.Random"
        source = "python" if is_global else "generators"
        if isinstance(self, random.SystemRandom) or (
            caller.f_code.co_name == "__init__"
            and caller.f_back is not None
            and caller.f_back.f_globals.get("__name__") in _INTERNAL
        ):
            return original(self, a, version)
        if a is None:
            fixed = observer.birth(source, what, generator=None if is_global else observer.generator())
            return original(self, a if fixed is None else int.from_bytes(fixed[:16], "big"), version)
        used = observer.seed(
            [source],
            a,
            what,
            level="global" if is_global else "own",
            generator=None if is_global else observer.generator(),
        )
        return original(self, used, version)

    seed.__doc__ = original.__doc__
    random.Random.seed = seed  # type: ignore[method-assign]


def _watched(observer: Observer) -> type[random.Random]:
    """The global generator's class, watched: both methods of which everything else is made. `random.py` draws `randint`
    in another way in a class that overrides `random` alone (Random.__init_subclass__)."""
    base_random, base_getrandbits = random.Random.random, random.Random.getrandbits
    local = observer.local
    local.quiet += 1
    unpinned = random.Random()  # gives what a line draws that is to draw freely
    local.quiet -= 1

    def noted(name: str, value: Any, freely: Callable[[], Any]) -> Any:
        if observer.draws_freely():
            value = freely()
        with contextlib.suppress(Exception):  # Never the script's trouble.
            observer.draw("python", name, _hash((value,)), (value,), 2)
        return value

    class Random(random.Random):
        _audit_global = True

        def random(self) -> float:
            value = base_random(self)
            freely = partial(base_random, unpinned)
            return value if local.quiet else noted("random.random", value, freely)

        def getrandbits(self, k: int, /) -> int:
            value = base_getrandbits(self, k)
            freely = partial(base_getrandbits, unpinned, k)
            return value if local.quiet else noted("random.getrandbits", value, freely)

        def getstate(self) -> Any:
            state = super().getstate()
            if not local.quiet:
                observer.kept("python", _digest(state))
            return state

        def setstate(self, state: Any) -> None:
            super().setstate(state)
            if not local.quiet:
                observer.restored("python", _digest(state), "random.setstate")

        def __reduce__(self) -> Any:
            return random.Random, (), self.getstate()

    return Random


def _hook_global(observer: Observer) -> None:
    local = observer.local
    old = random._inst
    observer.local.quiet += 1
    new = _watched(observer)()
    new.setstate(old.getstate())
    observer.local.quiet -= 1
    for name, value in list(vars(random).items()):
        if getattr(value, "__self__", None) is old:
            setattr(random, name, getattr(new, name))
    random._inst = new

    def after_fork() -> None:
        # As `random` itself does for the generator that it knows: a forked child draws numbers of its own.
        # No line of the person's did it, so it is not recorded.
        pinned = "python" in observer.pins
        local.quiet += 1
        new.seed(observer.pinned if pinned else None)
        local.quiet -= 1
        observer.seeded["python"] = pinned
        observer.origins.pop("python", None)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=after_fork)
    observer.pin("python", lambda: new.seed(observer.pinned))


def _digest(state: Any) -> bytes:
    return hashlib.blake2b(repr(state).encode()).digest()
