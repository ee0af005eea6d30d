"""The colors of the style stay apart for every eye and printer, and its type is readable from afar.

Color blindness is simulated as by Machado, Oliveira and Fernandes, "A physiologically-based model
for simulation of color vision deficiency", IEEE TVCG 15 (2009), 1291-1298, table 1 at full
severity; differences are those of CIELAB.
"""

from itertools import combinations, pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from tempsampling import temperature_color
from tempsampling.widgets.plots import COLD_TO_HOT, COLDEST, HOTTEST

VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ_OF_RGB = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.119192, 0.9503041],
    ]
)


@pytest.fixture
def colors():
    with plt.style.context("tempsampling.course"):
        return [to_rgb(color) for color in plt.rcParams["axes.prop_cycle"].by_key()["color"]]


def lab(color, vision="normal"):
    """CIELAB of a color as an eye sees it."""
    c = np.array(color)
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(VISION[vision]) @ linear, 0, 1)
    t = XYZ_OF_RGB @ seen / XYZ_OF_RGB.sum(axis=1)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_simulation_confuses_what_a_color_blind_eye_confuses():
    red, green = (0.6, 0.3, 0.0), (0.42, 0.4, 0.0)
    apart = {vision: np.linalg.norm(lab(red, vision) - lab(green, vision)) for vision in VISION}
    assert apart["deuteranopia"] < apart["normal"] / 3
    np.testing.assert_allclose(lab((1, 1, 1)), [100, 0, 0], atol=0.01)


@pytest.mark.parametrize("vision", VISION)
def test_any_two_colors_differ_clearly(colors, vision):
    for one, other in combinations(colors, 2):
        assert np.linalg.norm(lab(one, vision) - lab(other, vision)) > 20  # 2.3 is just noticeable


def test_any_two_colors_differ_in_gray(colors):
    for one, other in combinations(colors, 2):
        assert abs(lab(one)[0] - lab(other)[0]) > 10


HEATS = [0, 0.2, 0.5, 1.0, 2.0, np.inf]


@pytest.mark.parametrize("vision", VISION)
def test_temperatures_differ_clearly_from_cold_to_hot(vision):
    for one, other in pairwise(map(temperature_color, HEATS)):
        assert np.linalg.norm(lab(to_rgb(one), vision) - lab(to_rgb(other), vision)) > 12


def test_hotter_is_lighter_in_gray_and_none_fades_into_the_page():
    light = [lab(to_rgb(temperature_color(T)))[0] for T in HEATS]
    assert np.diff(light).min() > 6
    assert light[-1] < 66


def test_equal_ratios_of_temperatures_are_equal_steps_of_color():
    assert temperature_color(0.01) == temperature_color(0.1)
    places = [np.log2(T / COLDEST) / np.log2(HOTTEST / COLDEST) for T in (0.5, 1.0, 2.0)]
    assert [temperature_color(T) for T in (0.5, 1, 2)] == [to_hex(COLD_TO_HOT(x)) for x in places]
    with pytest.raises(ValueError, match="temperature must be"):
        temperature_color(-1)


def test_a_figure_of_full_width_has_type_of_a_fiftieth_of_its_width():
    with plt.style.context("tempsampling.course"):
        width = plt.rcParams["figure.figsize"][0] * 72  # in points
        sizes = [plt.rcParams[f"{kind}.labelsize"] for kind in ("xtick", "ytick", "axes")]
    assert min(sizes) > width / 50


def test_a_figure_brings_its_own_background():
    with plt.style.context("tempsampling.course"):
        figure = plt.figure()
        assert figure.get_facecolor() == (1, 1, 1, 1)
        plt.close(figure)
