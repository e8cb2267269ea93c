"""How far the first layers of two runs are apart, pixel by pixel, as a picture."""

import numpy as np

MAGNIFICATION = 5  # screen pixels for one of an image, in each direction
# From the page's background to Okabe & Ito's vermilion and beyond, so that lightness alone shows the distance.
RAMPS = {False: ("#FFFFFF", "#F2A65A", "#D55E00", "#4A2000"), True: ("#1A1A1A", "#7A3500", "#D55E00", "#FFE3C8")}


def pixel_picture(distances: np.ndarray, *, dark: bool) -> np.ndarray:
    """The picture of `distances`, float32 [28, 28], as uint8 [140, 140, 3]: the background for 0, the ramp's end for
    the largest of them."""
    largest = float(distances.max())
    shares = distances / largest if 0 < largest < np.inf else np.zeros_like(distances)
    ramp = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in RAMPS[dark]])
    places = np.linspace(0, 1, len(ramp))
    channels = [np.interp(np.nan_to_num(shares), places, ramp[:, channel]) for channel in range(3)]
    small = np.stack(channels, axis=-1).round().astype(np.uint8)
    return small.repeat(MAGNIFICATION, axis=0).repeat(MAGNIFICATION, axis=1)
