"""The parts of a script that the lab's program does not hold itself: the data, and the training in plain steps."""

DATA = """
# Data: 60,000 training images and 10,000 test images of 28 x 28 pixels.
if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as mnist:
        (x_train, y_train), (x_test, y_test) = [(mnist["x_" + part], mnist["y_" + part]) for part in ("train", "test")]
else:
    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_test = [keras.utils.normalize(x, axis=1).astype(np.float32) for x in (x_train[:{images}], x_test)]
y_train, y_test = y_train[:{images}].astype(np.int32), y_test.astype(np.int32)
"""

TENSORFLOW = """
# Network.
x_train, x_test = tf.reshape(x_train, (-1, 784)), tf.reshape(x_test, (-1, 784))
network = Network({hidden}, initializer_seeds){move}
initial_weights = digest(v.numpy() for v in network.variables)

# Loss and optimizer.
optimizer = Adam(network.variables, {learning_rate})


# Training, and accuracy.
@tf.function(autograph=False{compiled})
def training_step(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    with tf.GradientTape() as tape:
        logits = network(x, dropout={dropout})
        loss = cross_entropy(y, logits)
    optimizer.apply(tape.gradient(loss, network.variables))
    return loss, matches(y, logits)


@tf.function(autograph=False)
def test() -> tuple[tf.Tensor, tf.Tensor]:
    logits = network(x_test)
    return cross_entropy(y_test, logits), matches(y_test, logits)


orders = []
for epoch in range(1, {epochs} + 1):
    orders.append(np.random.permutation({images}).astype(np.int32))
    steps = []
    for start in range(0, {images}, {batch_size}):
        batch = orders[-1][start : start + {batch_size}]
        results = training_step(tf.gather(x_train, batch), tf.gather(y_train, batch))
        steps.append([value.numpy() for value in results])
    loss, accuracy = [mean_over_images([np.array(values)], {images}, {batch_size}) for values in zip(*steps)]
    test_loss, test_accuracy = [value.numpy() for value in test()]
    print(f"Epoch {{epoch}} of {epochs}  loss {{loss!s:<11}}  accuracy {{accuracy!s:<11}}", end="  ")
    print(f"test loss {{test_loss!s:<11}}  test accuracy {{test_accuracy!s}}", flush=True)

print()
print("initial weights", initial_weights)
print("batch order    ", digest(orders))
print("final weights  ", digest(v.numpy() for v in network.variables))
"""

KERAS = '''
# Network.
def glorot_uniform(layer):
    return keras.initializers.GlorotUniform(seed=initializer_seeds[layer])


model = keras.Sequential(
    [
        keras.Input((28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense({hidden}, activation="relu", kernel_initializer=glorot_uniform(0)),{drop}
        keras.layers.Dense({hidden}, activation="relu", kernel_initializer=glorot_uniform(1)),{drop}
        keras.layers.Dense(10, activation="softmax", kernel_initializer=glorot_uniform(2)),
    ]
){move}
initial_weights = digest(v.numpy() for v in model.trainable_variables)

# Loss and optimizer.
optimizer = keras.optimizers.Adam({learning_rate})
model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"]{compiled})


# Training, and accuracy.
class Report(keras.callbacks.Callback):
    """Prints loss and accuracy of each epoch, in training and on the test images."""

    def on_epoch_end(self, epoch, logs):
        test_loss, test_accuracy = self.model.evaluate(x_test, y_test, verbose=0)
        loss, accuracy, test_loss, test_accuracy = [
            str(np.float32(value)) for value in (logs["loss"], logs["accuracy"], test_loss, test_accuracy)
        ]
        print(f"Epoch {{epoch + 1}} of {epochs}  loss {{loss:<11}}  accuracy {{accuracy:<11}}", end="  ")
        print(f"test loss {{test_loss:<11}}  test accuracy {{test_accuracy}}", flush=True)


model.fit(x_train, y_train, batch_size={batch_size}, epochs={epochs}, verbose=0, callbacks=[Report()])

print()
print("initial weights", initial_weights)
print("final weights  ", digest(v.numpy() for v in model.trainable_variables))
'''
