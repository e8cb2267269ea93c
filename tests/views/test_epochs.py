"""The picture of the shuffling."""

import numpy as np
from records import history

from repro.experiment.experiment import Experiment
from repro.views.epochs import epochs
from repro.views.island import texts, to_html

THREE = Experiment(images=4, batch_size=2, epochs=3)


def test_it_says_how_many_orders_there_were_and_which_batches_come_again() -> None:
    picture = epochs(history(THREE, batch=np.array([5, 6, 5, 6, 5, 6])))
    assert picture is not None
    words, told, *cells = texts(picture)
    assert words == "3 epochs, 1 order: each epoch took the same batches in the same order"
    assert told == ". Below, each epoch: the same number is the same batch."
    assert cells == [text for number in "123" for text in (f"Epoch {number}", "1", "2")]
    assert 'aria-label="Epoch 2: batches 1, 2"' in to_html(picture)


def test_batches_have_a_colour_of_their_own_beside_their_number() -> None:
    picture = epochs(history(THREE, batch=np.arange(6)))
    assert picture is not None
    html = to_html(picture)
    hues = [part.split("deg")[0] for part in html.split("--hue:")[1:]]
    assert len(set(hues)) == 6


def test_nothing_is_drawn_where_there_can_be_but_one_order() -> None:
    assert epochs(history(Experiment(images=4, batch_size=2, epochs=1))) is None
