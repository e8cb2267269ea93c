import sys

import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(11)
generator = tf.random.get_global_generator()

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        x, y = mnist["x_train"], mnist["y_train"]
else:
    (x, y), _ = tf.keras.datasets.mnist.load_data()
x, y = tf.reshape(x[:5000], [-1, 784]) / 255, tf.constant(y[:5000], tf.int32)
x = tf.cast(x, tf.float32)

model = tf.keras.Sequential([tf.keras.layers.Dense(64, activation="relu"), tf.keras.layers.Dense(10)])
optimizer = tf.keras.optimizers.Adam()


@tf.function
def train_step(images, labels):
    images += generator.normal(tf.shape(images), stddev=0.1)
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


for epoch in range(4):
    losses = [train_step(x[start : start + 50], y[start : start + 50]) for start in range(0, 5000, 50)]
    print("epoch", epoch, "loss", float(tf.reduce_mean(losses)))
