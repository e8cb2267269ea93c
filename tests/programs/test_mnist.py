"""The bundled images: byte for byte what Keras serves, and words for every damaged file."""

import gc
import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest
from records import refusal

from repro.programs.mnist import PATH, Mnist, load, load_test

KERAS_SERVES = {
    "x_train": ((60000, 28, 28), "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757"),
    "y_train": ((60000,), "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13"),
    "x_test": ((10000, 28, 28), "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161"),
    "y_test": ((10000,), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"),
}
REMEDY = " Put back repro/programs/mnist.npz as it is in the repository."
UNREADABLE = "The images are damaged: mnist.npz cannot be read." + REMEDY


@pytest.fixture(scope="module")
def mnist() -> Mnist:
    return load()


@pytest.fixture(scope="module")
def whole() -> bytes:
    return PATH.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mnist.npz"


def flipped(whole: bytes, byte: int, bit: int = 0) -> bytes:
    return whole[:byte] + bytes([whole[byte] ^ 1 << bit]) + whole[byte + 1 :]


@pytest.mark.parametrize("name", KERAS_SERVES)
def test_is_byte_for_byte_what_keras_serves(mnist: Mnist, name: str) -> None:
    array = getattr(mnist, name)
    shape, sha256 = KERAS_SERVES[name]
    assert array.shape == shape
    assert array.dtype == np.uint8
    assert hashlib.sha256(array.tobytes()).hexdigest() == sha256


def test_a_missing_file_is_missing(path: Path) -> None:
    assert refusal(lambda: load(path)) == "The images are missing: there is no mnist.npz." + REMEDY


def test_a_directory_cannot_be_read(path: Path) -> None:
    path.mkdir()
    assert refusal(lambda: load(path)) == UNREADABLE


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"not a zip file\n", b"\x80\x04N."], ids=repr)
def test_a_file_of_another_kind_cannot_be_read(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(lambda: load(path)) == UNREADABLE


def test_a_file_of_one_bare_array_cannot_be_read(path: Path, mnist: Mnist) -> None:
    with path.open("wb") as file:
        np.save(file, mnist.y_test)
    assert refusal(lambda: load(path)) == UNREADABLE


@pytest.mark.parametrize("kept", [0.01, 0.5, 0.999999])
def test_a_truncated_file_cannot_be_read(path: Path, whole: bytes, kept: float) -> None:
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert refusal(lambda: load(path)) == UNREADABLE


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_flipped_bit_in_the_images_is_noticed(path: Path, whole: bytes, place: float) -> None:
    path.write_bytes(flipped(whole, int(len(whole) * place)))
    assert refusal(lambda: load(path)) == UNREADABLE


@pytest.mark.parametrize(
    ("offset", "bit"),
    [
        pytest.param(8, 0, id="encrypted"),
        pytest.param(8, 5, id="patched"),
        pytest.param(8, 6, id="strongly encrypted"),
        pytest.param(10, 0, id="compression unknown"),
        pytest.param(10, 2, id="compressed by bzip2"),
        pytest.param(10, 3, id="not compressed"),
        pytest.param(46, 0, id="another name"),
    ],
)
def test_a_flipped_bit_in_the_directory_of_the_file_is_noticed(path: Path, whole: bytes, offset: int, bit: int) -> None:
    path.write_bytes(flipped(whole, whole.index(b"PK\x01\x02") + offset, bit))
    assert refusal(lambda: load(path)) == UNREADABLE


def test_a_missing_array_is_noticed(path: Path, mnist: Mnist) -> None:
    np.savez(path, **{name: array for name, array in vars(mnist).items() if name != "y_train"})
    assert refusal(lambda: load(path)) == UNREADABLE


@pytest.mark.parametrize("name", KERAS_SERVES)
def test_one_changed_bit_in_an_array_is_noticed(path: Path, mnist: Mnist, name: str) -> None:
    arrays = vars(mnist) | {name: getattr(mnist, name).copy()}
    arrays[name].reshape(-1)[-1] ^= 1
    np.savez(path, **arrays)
    assert refusal(lambda: load(path)) == f"The images are damaged: {name} in mnist.npz is not MNIST's." + REMEDY


@pytest.mark.parametrize("name", KERAS_SERVES)
def test_the_same_bytes_in_another_shape_are_noticed(path: Path, mnist: Mnist, name: str) -> None:
    np.savez(path, **vars(mnist) | {name: getattr(mnist, name).reshape(-1, 4)})
    assert refusal(lambda: load(path)) == f"The images are damaged: {name} in mnist.npz is not MNIST's." + REMEDY


def test_pickled_objects_are_never_read(path: Path, mnist: Mnist) -> None:
    np.savez(path, **vars(mnist) | {"y_test": mnist.y_test.astype(object)})
    assert refusal(lambda: load(path)) == UNREADABLE


def test_a_refused_file_is_closed(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04")
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always")
        refusal(lambda: load(path))
        gc.collect()
    assert left_open == []


def test_the_test_images_can_be_had_alone() -> None:
    images, digits = load_test()
    whole = load()
    assert images.tobytes() == whole.x_test.tobytes()
    assert digits.tobytes() == whole.y_test.tobytes()
