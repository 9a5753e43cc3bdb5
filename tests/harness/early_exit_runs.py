"""Settings of question 3's experiment that train in seconds."""

from dataclasses import replace

from solutions.given.experiments import q3
from tests.harness.same_weights import same_weights

TINY = replace(
    q3.PRESETS["quick"],
    image_size=16,
    num_images=64,
    width=2,
    epochs=2,
    batch_size=16,
    learning_rates=(0.01, 0.02),
    later_weights=(0.3,),
    search_images=32,
    search_epochs=2,
)
# Enough to tell some digits apart.
LEARNING = replace(TINY, num_images=256, epochs=4, learning_rates=(0.03,), later_weights=(1.0,))


def assert_same_bits(first, second):
    assert same_weights(first.weights, second.weights)
    assert (first.curves, first.data, first.texts) == (second.curves, second.data, second.texts)
