import sys
from pathlib import Path

import keras
import numpy as np

keras.utils.set_random_seed(99)
BEST = Path("best.weights.h5")

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x, y = mnist["x_train"], mnist["y_train"]
else:
    (x, y), _ = keras.datasets.mnist.load_data()
x, y = x[:5000] / np.float32(255), y[:5000]

model = keras.Sequential(
    [
        keras.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(50, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
if BEST.exists():
    model.load_weights(BEST)

keep_best = keras.callbacks.ModelCheckpoint(BEST, monitor="loss", save_best_only=True, save_weights_only=True)
history = model.fit(x, y, batch_size=50, epochs=3, callbacks=[keep_best], verbose=0).history
print("loss", history["loss"])
print("accuracy", history["accuracy"])
