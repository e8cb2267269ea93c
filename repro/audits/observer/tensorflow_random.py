"""TensorFlow and Keras: the seeds of operations, layers and generators, and the operations that draw without one."""

import os
import sys
from types import ModuleType
from typing import Any

from .observer import Observer, replace


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    add = observer.finder.add
    add("tensorflow.python.framework.random_seed", lambda module: _seeds(observer, module), "tensorflow")
    add("tensorflow.python.ops.stateful_random_ops", lambda module: _generators(observer, module), "tf-generators")
    add("tensorflow", lambda module: _imported(observer, module))
    add("keras", lambda module: observer.version("keras", module))
    add("keras.src.random.seed_generator", lambda module: _keras_seed_generator(observer, module), "python")
    add("keras.src.initializers.random_initializers", lambda module: _keras_initializers(observer, module), "python")


def _imported(observer: Observer, module: ModuleType) -> None:
    observer.version("tensorflow", module)
    tensorflow: Any = module
    observer.pin("tensorflow", lambda: tensorflow.random.set_seed(observer.pinned))


def _label(depth: int = 1) -> str:
    """The operation that asks for a seed: the function that called the caller, "shuffle" and not "get_seed"."""
    frame = sys._getframe(depth + 1)
    while frame.f_back is not None and frame.f_code.co_name in ("get_seed", "wrapper", "__init__"):
        if frame.f_code.co_name == "__init__" and "self" in frame.f_locals:
            name = type(frame.f_locals["self"]).__name__
            return "data." + name.strip("_").removesuffix("Dataset").lower() if name.endswith("Dataset") else name
        frame = frame.f_back
    return frame.f_code.co_name


def _seeds(observer: Observer, module: Any) -> None:
    def operations() -> None:
        original = module.get_seed

        @replace(module, "get_seed")
        def get_seed(op_seed: Any) -> Any:
            if observer.local.quiet:
                return original(op_seed)
            label = _label()
            if op_seed is not None:
                op_seed = observer.seed(["tensorflow"], op_seed, "tensorflow." + label, level="op")
            seeds = original(op_seed)
            try:
                seeded = seeds != (None, None)
                line = observer.line("tensorflow", "tensorflow." + label, named=True)
                origin = observer.origins.get("tensorflow")
                observer.trace.draw(line, hash(seeds) if seeded and _are_numbers(seeds) else 0, seeded, origin)
            except Exception:  # noqa: BLE001  # Never the script's trouble.
                pass
            if observer.draws_freely():
                return tuple(int.from_bytes(os.urandom(3), "big") for _ in range(2))
            return seeds

    def global_seed() -> None:
        original = module.set_random_seed

        @replace(module, "set_random_seed")
        def set_random_seed(seed: Any) -> Any:
            if observer.local.quiet:
                return original(seed)
            what = "tensorflow.random.set_seed"
            if seed is None:
                fixed = observer.birth("tensorflow", what)
                return original(seed if fixed is None else observer.pinned)
            return original(observer.seed(["tensorflow"], seed, what))

    observer.hook("tensorflow: operations", "tensorflow", operations)
    observer.hook("tensorflow: set_seed", "tensorflow", global_seed)


def _are_numbers(seeds: Any) -> bool:
    return all(isinstance(seed, int) for seed in seeds)


def _generators(observer: Observer, module: Any) -> None:
    def entropy() -> None:
        original = module.non_deterministic_ints

        @replace(module, "non_deterministic_ints")
        def non_deterministic_ints(shape: Any, dtype: Any = module.dtypes.int64) -> Any:
            what = "tensorflow.random.Generator"
            fixed = observer.birth("tf-generators", what, generator=observer.generator())
            if fixed is None:
                return original(shape, dtype)
            tensorflow = sys.modules["tensorflow"]
            count = 1
            for size in shape if isinstance(shape, (list, tuple)) else list(shape):
                count *= int(size)
            numbers = [int.from_bytes(fixed[place % 8 * 8 : place % 8 * 8 + 8], "big") >> 1 for place in range(count)]
            return tensorflow.cast(tensorflow.reshape(tensorflow.constant(numbers, tensorflow.int64), shape), dtype)

    def seeds() -> None:
        original = module.create_rng_state

        @replace(module, "create_rng_state")
        def create_rng_state(seed: Any, alg: Any) -> Any:
            if not observer.local.quiet:
                what = "tensorflow.random.Generator.from_seed"
                number = observer.generator()
                seed = observer.seed(["tf-generators"], seed, what, level="own", generator=number)
            return original(seed, alg)

    observer.hook("tensorflow: Generator without a seed", "tf-generators", entropy)
    observer.hook("tensorflow: Generator", "tf-generators", seeds)


def _keras_seed_generator(observer: Observer, module: Any) -> None:
    def set_hook() -> None:
        original = module.SeedGenerator.__init__

        @replace(module.SeedGenerator, "__init__")
        def __init__(self: Any, seed: Any = None, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            if isinstance(seed, int):
                seed = observer.seed(["python"], seed, "keras.random.SeedGenerator", level="op")
            original(self, seed, *args, **kwargs)

    observer.hook("keras: SeedGenerator", "python", set_hook)


def _keras_initializers(observer: Observer, module: Any) -> None:
    def set_hook() -> None:
        original = module.RandomInitializer.__init__

        @replace(module.RandomInitializer, "__init__")
        def __init__(self: Any, seed: Any = None) -> None:  # noqa: N807
            if isinstance(seed, int):
                what = "keras.initializers." + type(self).__name__
                seed = observer.seed(["python"], seed, what, level="op")
            original(self, seed)

    observer.hook("keras: initializers", "python", set_hook)
