"""Write solutions/given/data/digits.npz from scikit-learn's copy of the handwritten digits. Staff run it once.

    python -m benchmarks.make_digits

The source and the licence of the images are in solutions/given/data/digits.py.
"""

from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[1] / "solutions/given/data/digits.npz"
SPLIT_SEED = 12


def main() -> None:
    """Save images (0..16), labels and the order in which the split reads them, all small integers."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    # NumPy's compatibility policy freezes the stream of RandomState, so this script can reproduce the file.
    order = np.random.RandomState(SPLIT_SEED).permutation(len(digits.target))
    np.savez_compressed(
        TARGET,
        images=digits.images.astype(np.uint8),
        labels=digits.target.astype(np.uint8),
        order=order.astype(np.uint16),
    )
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
