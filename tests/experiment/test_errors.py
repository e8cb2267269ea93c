"""Errors: the tree that the docstring draws is the one that the classes make."""

import re

from repro.experiment import errors
from repro.experiment.errors import InputError, ReproError, sentence


def below(kind: type[ReproError], depth: int = 0) -> list[tuple[int, str]]:
    """The classes of this file under `kind`, in their order, each with its depth."""
    found = [(depth, kind.__name__)]
    for child in kind.__subclasses__():
        found += below(child, depth + 1) if child.__module__ == errors.__name__ else []
    return found


def test_the_docstring_draws_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = [
        (len(match[1]) // 4, match[2]) for match in re.finditer(r"^    ([│├└─ ]*)(\w+Error)\b", errors.__doc__, re.M)
    ]
    assert drawn == below(ReproError)


def test_bad_input_is_a_value_error_and_nothing_else_is() -> None:
    kinds = [getattr(errors, name) for _, name in below(ReproError)]
    assert [kind for kind in kinds if issubclass(kind, ValueError)] == [
        kind for kind in kinds if issubclass(kind, InputError)
    ]


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest() -> None:
    assert sentence("it is not JSON in UTF-8. Try again") == "It is not JSON in UTF-8. Try again"
    assert sentence("") == ""
