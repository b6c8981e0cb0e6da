"""Nothing is forgotten: each lesson's class is registered, and no other name is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark import contests
from lessons import LESSONS, ROOT
from reference import exact, fast
from registry import REGISTRY


def test_every_lesson_from_scratch_has_its_class_in_the_registry() -> None:
    lessons = {path.stem for path in ROOT.glob("*_from_scratch.py")}
    assert lessons == {name.removesuffix(".py") for name in LESSONS}
    registered = {type(activation.make()).__module__ for activation in REGISTRY.values()}
    assert registered == lessons


@pytest.mark.parametrize("name", REGISTRY)
def test_a_name_in_the_registry_is_that_of_its_class(name: str) -> None:
    assert type(REGISTRY[name].make()).__name__ == name


def test_the_benchmark_races_every_activation() -> None:
    assert contests().keys() == REGISTRY.keys()


def test_an_unknown_name_is_an_error() -> None:
    for ask in (lambda name: REGISTRY[name], lambda name: exact(name, np.ones(1))):
        with pytest.raises(LookupError, match="'Swoosh' is not in the registry"):
            ask("Swoosh")
    with pytest.raises(LookupError, match=", ".join(REGISTRY)):
        fast("sigmoid", np.ones(1))


def test_the_four_columns_of_an_entry_agree() -> None:
    x = np.linspace(-3, 3, 61)
    for name, activation in REGISTRY.items():
        values, slopes = activation.fast(x)
        for expected, got in zip(exact(name, x), (values, slopes), strict=True):
            np.testing.assert_allclose(got, expected.astype(float), rtol=1e-14)
        for expected, got in zip((values, slopes), activation.textbook(x), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-12)
        assert np.all((activation.values[0] <= values) & (values <= activation.values[1]))
        assert np.all((activation.slopes[0] <= slopes) & (slopes <= activation.slopes[1]))
        assert activation.rising == bool(np.all(np.diff(values) >= 0))
