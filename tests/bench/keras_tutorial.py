"""The Keras tutorial that the article rewrote, as one process: what the benchmark measures against."""

from pathlib import Path

import keras
import numpy as np

with np.load(Path(__file__).resolve().parents[2] / "repro" / "programs" / "mnist.npz") as file:
    x_train, y_train = file["x_train"], file["y_train"]

model = keras.Sequential(
    [
        keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(keras.utils.normalize(x_train, axis=1), y_train, epochs=3, verbose=2)
