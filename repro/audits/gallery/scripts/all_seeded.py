import sys

import keras
import numpy as np

SEED = 812
keras.utils.set_random_seed(SEED)
rng = np.random.default_rng(SEED)

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x, y = mnist["x_train"], mnist["y_train"]
else:
    (x, y), _ = keras.datasets.mnist.load_data()
chosen = rng.choice(len(x), size=6000, replace=False)
x, y = x[chosen].astype("float32") / 255, y[chosen]

model = keras.Sequential(
    [
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=3, batch_size=64, validation_split=0.1, verbose=0).history
print("loss", history["loss"], "validation", history["val_loss"])
