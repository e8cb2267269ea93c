"""Recipes: what each is in steps, and that it is judged by the cells alone."""

from repro.studies.matrix import COMBINATIONS, Cell
from repro.studies.recipes import RECIPES


def test_a_recipe_is_one_of_the_combinations_and_has_a_source() -> None:
    assert len({recipe.steps for recipe in RECIPES}) == len(RECIPES)
    for recipe in RECIPES:
        assert recipe.steps in COMBINATIONS
        assert recipe.source.startswith("https://")


def test_a_recipe_is_enough_where_the_training_with_its_steps_repeated() -> None:
    numpy_alone = next(recipe for recipe in RECIPES if recipe.steps == ("numpy",))
    cell = Cell(on=("numpy",), initial_weights=False, batch_order=True, final_weights=False, training=False)
    assert numpy_alone.sufficient({}) is None
    assert numpy_alone.sufficient({("numpy",): cell}) is False
    same = Cell(on=("numpy",), initial_weights=True, batch_order=True, final_weights=True, training=True)
    assert numpy_alone.sufficient({("numpy",): same, ("tensorflow",): cell}) is True
    larger = Cell(on=("numpy", "python"), initial_weights=True, batch_order=True, final_weights=False, training=False)
    assert numpy_alone.sufficient({("numpy",): same, ("numpy", "python"): larger}) is False
