import sys

import keras
import numpy as np

keras.utils.set_random_seed(123)


def load_digits():
    if len(sys.argv) > 1:
        with np.load(sys.argv[1]) as mnist:
            return mnist["x_train"], mnist["y_train"]
    return keras.datasets.mnist.load_data()[0]


images, digits = load_digits()
images, digits = images[:6000].reshape(-1, 784) / 255.0, digits[:6000]

rng = np.random.default_rng()
noisy = images + rng.normal(scale=0.1, size=images.shape)

model = keras.Sequential(
    [
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(noisy, digits, batch_size=64, epochs=4, verbose=0).history

for epoch, (loss, accuracy) in enumerate(zip(history["loss"], history["accuracy"])):
    print(f"epoch {epoch + 1}: loss {loss} accuracy {accuracy}")
