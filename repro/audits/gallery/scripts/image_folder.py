import random
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

random.seed(1)
tf.random.set_seed(1)

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x, y = mnist["x_train"], mnist["y_train"]
else:
    (x, y), _ = keras.datasets.mnist.load_data()

folder = Path(tempfile.mkdtemp())
for number, (image, digit) in enumerate(zip(x[:1000], y[:1000])):
    (folder / str(digit)).mkdir(exist_ok=True)
    (folder / str(digit) / f"{number:04}.png").write_bytes(tf.io.encode_png(image[..., None]).numpy())

train = keras.utils.image_dataset_from_directory(
    folder, image_size=(28, 28), color_mode="grayscale", batch_size=20, verbose=False
)
model = keras.Sequential(
    [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
history = model.fit(train, epochs=3, verbose=0).history
print("loss", history["loss"])
