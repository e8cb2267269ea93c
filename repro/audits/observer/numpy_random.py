"""NumPy: the global generator's seeds and draws, and generators that are made with or without a seed."""

import contextlib
import copy
import hashlib
import sys
from types import FrameType, ModuleType
from typing import Any

from .observer import Observer, pose, stand_in

_MOST_SEEDS = 100  # of one draw that are known again where they become seeds
_NO_DRAW = {"get_state", "set_state", "seed", "get_bit_generator", "set_bit_generator"}


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""

    def version(module: ModuleType) -> None:
        observer.version("numpy", module)

    observer.finder.add("numpy", version)
    observer.finder.add("numpy.random.mtrand", lambda module: _mtrand(observer, module), "numpy")
    observer.finder.add("numpy.random._generator", lambda module: _generator(observer, module), "generators")
    observer.finder.add("numpy.random", lambda module: _seeded(observer, module))


def _mtrand(observer: Observer, module: Any) -> None:
    observer.hook("numpy: entropy", "generators", lambda: _entropy(observer))
    observer.hook("numpy: RandomState", "generators", lambda: _random_state(observer, module))
    observer.hook("numpy: global generator", "numpy", lambda: _global(observer, module))


def _entropy(observer: Observer) -> None:
    """Each generator that takes entropy takes it from here, also `RandomState(17)`, which throws it away."""
    module: Any = sys.modules["numpy.random.bit_generator"]
    original = module.randbits
    local = observer.local

    def randbits(k: int) -> int:
        if local.quiet:
            value: int = original(k)
            return value if local.entropy is None else int.from_bytes(local.entropy[: k // 8], "big")
        if _is_a_copy(sys._getframe(1)):
            with _Quiet(observer):
                return int(original(k))
        fixed = observer.birth("generators", "numpy.random.SeedSequence", generator=observer.generator())
        local.quiet += 1
        try:
            value = original(k)
        finally:
            local.quiet -= 1
        return value if fixed is None else int.from_bytes(fixed[: k // 8], "big")

    module.randbits = randbits


def _seeded(observer: Observer, module: Any) -> None:
    """Watch the classes that take a seed as their first argument, where a script finds them: other modules of NumPy's
    keep the C types, which must be its own."""

    def watch(name: str, first: str) -> None:
        base = getattr(module, name)

        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            if _is_a_copy(sys._getframe(1)):
                with _Quiet(observer):
                    base.__init__(self, *args, **kwargs)
                return
            if args:
                args, kwargs = args[1:], {first: args[0], **kwargs}
            argument = "key" if kwargs.get("key") is not None else first  # Philox takes a key in place of a seed
            given = kwargs.get(argument)
            passed_on = hasattr(given, "generate_state") or kwargs.get("spawn_key")
            if observer.local.quiet or given is None or passed_on:
                base.__init__(self, *args, **kwargs)
                return
            number = observer.generator()
            what = f"numpy.random.{name}"
            kwargs[argument] = observer.seed(["generators"], given, what, level="own", generator=number)
            with _Quiet(observer):
                base.__init__(self, *args, **kwargs)

        def jumped(self: Any, jumps: int = 1) -> Any:
            with _Quiet(observer):
                return base.jumped(self, jumps)

        methods = {"__init__": __init__, **({"jumped": jumped} if hasattr(base, "jumped") else {})}
        setattr(module, name, stand_in(base, module.__name__, methods))

    def set_hook() -> None:
        watch("SeedSequence", "entropy")
        for name, kind in list(vars(module).items()):
            if isinstance(kind, type) and issubclass(kind, module.BitGenerator) and kind is not module.BitGenerator:
                watch(name, "seed")

    observer.hook("numpy: SeedSequence and bit generators", "generators", set_hook)


def _is_a_copy(frame: FrameType) -> bool:
    """Whether a generator is made to be given the state of another one at once."""
    return frame.f_globals.get("__name__") == "numpy.random._pickle"


class _Quiet:
    """While it holds, births are not counted and take `entropy` if there is any."""

    def __init__(self, observer: Observer, entropy: bytes | None = None) -> None:
        self.local, self.entropy = observer.local, entropy

    def __enter__(self) -> None:
        self.local.quiet += 1
        self.before, self.local.entropy = self.local.entropy, self.entropy

    def __exit__(self, *_: object) -> None:
        self.local.quiet -= 1
        self.local.entropy = self.before


def _random_state(observer: Observer, module: Any) -> None:
    base = module.RandomState

    def __init__(self: Any, seed: Any = None) -> None:  # noqa: N807
        if observer.local.quiet or hasattr(seed, "capsule"):
            base.__init__(self, seed)
            return
        what = "numpy.random.RandomState"
        number = observer.generator()
        if seed is None:
            entropy = observer.birth("generators", what, generator=number)
        else:
            entropy = None
            seed = observer.seed(["generators"], seed, what, level="own", generator=number)
        with _Quiet(observer, entropy):
            base.__init__(self, seed)

    def seed(self: Any, seed: Any = None) -> None:
        what = "numpy.random.RandomState.seed"
        if observer.local.quiet:
            base.seed(self, seed)
            return
        if seed is None:
            entropy = observer.birth("generators", what, generator=observer.generator())
        else:
            entropy = None
            seed = observer.seed(["generators"], seed, what, level="own", generator=observer.generator())
        with _Quiet(observer, entropy):
            base.seed(self, seed)

    module.RandomState = stand_in(base, base.__module__, {"__init__": __init__, "seed": seed})


def _drawing(observer: Observer, base: Any, name: str) -> Any:
    local = observer.local
    original = getattr(base, name)

    def draw(self: Any, *args: Any, **kwargs: Any) -> Any:
        if local.quiet:
            return original(self, *args, **kwargs)
        free = observer.draws_freely()
        local.quiet += 1
        try:
            if free:  # its own place in the order of all draws it leaves as it is
                original(self, *copy.deepcopy(args), **kwargs)
                value = getattr(base(), name)(*args, **kwargs)
            else:
                value = original(self, *args, **kwargs)
        finally:
            local.quiet -= 1
        with contextlib.suppress(Exception):  # Never the script's trouble.
            observer.draw("numpy", "numpy.random." + name, _hash(self, value), _integers(value))
        return value

    draw.__name__, draw.__qualname__, draw.__doc__ = name, f"RandomState.{name}", original.__doc__
    return draw


def _global(observer: Observer, module: Any) -> None:
    old = module._rand
    base = type(old)
    local = observer.local

    def seed(self: Any, seed: Any = None) -> None:
        if local.quiet:
            base.seed(self, seed)
            return
        entropy = None
        if seed is None:
            entropy = observer.birth("numpy", "numpy.random.seed")
        else:
            seed = observer.seed(["numpy"], seed, "numpy.random.seed")
        with _Quiet(observer, entropy):
            base.seed(self, seed)

    def get_state(self: Any, legacy: bool = True) -> Any:
        state = base.get_state(self, legacy)
        if not local.quiet:
            with contextlib.suppress(Exception):
                observer.kept("numpy", _state(state))
        return state

    def set_state(self: Any, state: Any) -> None:
        base.set_state(self, state)
        if not local.quiet:
            with contextlib.suppress(Exception):
                observer.restored("numpy", _state(state), "numpy.random.set_state")

    bound = {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "__self__", None) is old and name not in _NO_DRAW
    }
    methods = {value.__name__: _drawing(observer, base, value.__name__) for value in bound.values()}
    methods |= {"seed": seed, "get_state": get_state, "set_state": set_state}
    watched = type("RandomState", (base,), {**methods, "__module__": base.__module__})
    with _Quiet(observer):
        new = watched(old._bit_generator)
        # The Gaussian that is kept for the next call, and nothing else, is the generator's own.
        new.set_state(old.get_state(legacy=False))
    for name, value in list(vars(module).items()):
        if getattr(value, "__self__", None) is old:
            setattr(module, name, getattr(new, value.__name__))
    module._rand = new
    observer.pin("numpy", lambda: new.seed(observer.pinned))


def _state(state: Any) -> bytes:
    """The state of the generator, as one of the two forms in which NumPy gives it."""
    if isinstance(state, dict):
        key, at = state["state"]["key"], state["state"]["pos"]
    else:
        key, at = state[1], state[2]
    return hashlib.blake2b(sys.modules["numpy"].asarray(key).tobytes() + b"%d" % at).digest()


def _integers(value: Any) -> list[int]:
    """The integers that were drawn, of which a seed may be made; none if there are many."""
    if type(value) is int:
        return [value]
    kind, size = getattr(getattr(value, "dtype", None), "kind", ""), getattr(value, "size", 0)
    return [int(one) for one in value.ravel()] if kind in ("i", "u") and size <= _MOST_SEEDS else []


def _hash(generator: Any, value: Any) -> int:
    """A hash of what was drawn; of the generator's state after it if it has no bytes (`shuffle` of a list)."""
    if isinstance(value, (int, float)):
        return hash((value,))
    if value is None or getattr(getattr(value, "dtype", None), "hasobject", True):
        state = generator.get_state(legacy=False)
        value = state["state"]["key"].tobytes() + bytes(str(state["state"]["pos"]), "ascii")
    else:
        value = value.tobytes()
    return int.from_bytes(hashlib.blake2b(value, digest_size=8).digest(), "big")


def _generator(observer: Observer, module: Any) -> None:
    def set_hook() -> None:
        original = module.default_rng

        def default_rng(seed: Any = None) -> Any:
            what = "numpy.random.default_rng"
            if observer.local.quiet:
                return original(seed)
            entropy = None
            if seed is None:
                entropy = observer.birth("generators", what, generator=observer.generator())
            elif not hasattr(seed, "spawn") and not hasattr(seed, "capsule") and not hasattr(seed, "bit_generator"):
                seed = observer.seed(["generators"], seed, what, level="own", generator=observer.generator())
            with _Quiet(observer, entropy):
                return original(seed)

        module.default_rng = pose(default_rng, original, original.__module__)

    observer.hook("numpy: default_rng", "generators", set_hook)
