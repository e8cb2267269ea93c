"""MNIST, bundled as mnist.npz: byte for byte the arrays that Keras serves, checked at every load."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from repro.experiment.errors import ImagesError

PATH = Path(__file__).with_name("mnist.npz")
ARRAYS = {  # each array's shape, and the SHA-256 of its bytes
    "x_train": ((60_000, 28, 28), "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757"),
    "y_train": ((60_000,), "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13"),
    "x_test": ((10_000, 28, 28), "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161"),
    "y_test": ((10_000,), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"),
}


@dataclass(frozen=True)
class Mnist:
    """The images, uint8 [60000, 28, 28] and [10000, 28, 28], and their digits 0 to 9, uint8 [60000] and [10000]."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load(path: Path | None = None) -> Mnist:
    """The images in `path`, by default the bundled ones; ImagesError, which says what to do, if the file is missing or
    damaged."""
    return Mnist(**_arrays(path, list(ARRAYS)))


def load_test() -> tuple[np.ndarray, np.ndarray]:
    """The bundled test images and their digits alone, as `Mnist` has them; ImagesError as above."""
    arrays = _arrays(None, ["x_test", "y_test"])
    return arrays["x_test"], arrays["y_test"]


def _arrays(path: Path | None, names: Sequence[str]) -> dict[str, np.ndarray]:
    remedy = "Put back repro/programs/mnist.npz as it is in the repository."
    path = path or PATH
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in names}
    except FileNotFoundError:
        raise ImagesError(f"The images are missing: there is no {path.name}. {remedy}") from None
    except Exception:  # noqa: BLE001 — NumPy and zipfile raise a dozen kinds, depending on where the damage is
        raise ImagesError(f"The images are damaged: {path.name} cannot be read. {remedy}") from None
    for name, array in arrays.items():
        shape, sha256 = ARRAYS[name]
        same_kind = array.shape == shape and array.dtype == np.uint8
        if not same_kind or hashlib.sha256(array.tobytes()).hexdigest() != sha256:
            raise ImagesError(f"The images are damaged: {name} in {path.name} is not MNIST's. {remedy}")
    return arrays
