"""JAX: the values that keys are made of, and the keys that random functions are given."""

import hashlib
import sys
from typing import Any

from .observer import Observer, replace

_NO_DRAW = frozenset({"split", "fold_in", "clone", "key_data", "key_impl", "wrap_key_data"})


def hook(observer: Observer) -> None:
    """Set the hooks of this file. There is nothing to pin: a key always has a value."""
    observer.finder.add("jax", lambda module: observer.version("jax", module))
    observer.finder.add("jax.random", lambda module: _imported(observer, module), "jax")


def _imported(observer: Observer, module: Any) -> None:
    observer.hook("jax: keys", "jax", lambda: _keys(observer, module))
    observer.hook("jax: draws", "jax", lambda: _draws(observer, module))


def _keys(observer: Observer, module: Any) -> None:
    def watch(name: str) -> None:
        original = getattr(module, name)

        @replace(module, name)
        def make(seed: Any, *args: Any, **kwargs: Any) -> Any:
            if not observer.local.quiet:
                what, number = f"jax.random.{name}", observer.generator()
                seed = observer.seed(["jax"], seed, what, level="own", generator=number)
            return original(seed, *args, **kwargs)

    for name in ("key", "PRNGKey"):
        watch(name)


def _draws(observer: Observer, module: Any) -> None:
    """Each random function checks its key here: jax/_src/random. Inside of compiled code a key has no value."""
    core = sys.modules[module.normal.__module__]
    original = core._check_prng_key
    tracer = sys.modules["jax"].core.Tracer

    def note(name: str, key: Any, drawing: dict[str, Any]) -> None:
        observer.local.quiet += 1
        try:
            data = sys.modules["numpy"].asarray(module.key_data(key))
        finally:
            observer.local.quiet -= 1
        text = f"{name} {drawing.get('shape')} {drawing.get('dtype')}".encode()
        digest = hashlib.blake2b(data.tobytes() + text, digest_size=8).digest()
        line = observer.line("jax", f"jax.random.{name}", 3, named=True)
        observer.trace.draw(line, int.from_bytes(digest, "big"), True, None)

    @replace(core, "_check_prng_key")
    def _check_prng_key(name: str, key: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(name, key, *args, **kwargs)
        if not observer.local.quiet and name not in _NO_DRAW and not isinstance(key, tracer):
            observer.guarded(note, name, key, sys._getframe(1).f_locals)
        return result
