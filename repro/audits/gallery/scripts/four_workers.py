import random
import sys

import keras
import numpy as np

keras.utils.set_random_seed(42)

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x, y = mnist["x_train"][:4000], mnist["y_train"][:4000]
else:
    (x, y), _ = keras.datasets.mnist.load_data()
    x, y = x[:4000], y[:4000]


class Shifted(keras.utils.PyDataset):
    def __len__(self):
        return len(x) // 40

    def __getitem__(self, index):
        rows = slice(40 * index, 40 * index + 40)
        images = x[rows].astype("float32") / 255
        for image in images:
            image[:] = np.roll(image, (random.randint(-2, 2), random.randint(-2, 2)), axis=(0, 1))
        return images, y[rows]


model = keras.Sequential(
    [keras.layers.Flatten(), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
history = model.fit(Shifted(workers=4), epochs=3, shuffle=False, verbose=0).history
print("loss", *history["loss"])
