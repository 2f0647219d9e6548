"""Planted studies: how often the judge supports what is false, and how often it finds what is true.

    python -m tests.evidence.planted        prints the table of false support and power

Each study has two rounds of 13 seeds. In a false study the true median lies exactly on the edge of what the statement
claims; in a true one it lies two interquartile ranges beyond. The shapes are those that trained nets give.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from dl_jax.evidence.criteria import Comparison, Criterion, below, equals, exceeds, mostly
from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer

ROUND = range(13)
BOTH = range(26)
FAR = 1e6
"""Where the control is."""
SHIFT = 10.0
"""Added to all values, so that an interval from its target to the median or from there is exact in floating point."""


def failing(share):
    """Accuracy .95, but a share of the trainings ends near .5."""

    def draw(generator, shape):
        return np.where(generator.uniform(size=shape) < share, 0.5, 0.95) + generator.normal(0, 0.01, shape)

    return draw


SHAPES: dict[str, Callable] = {
    "5 % of trainings fail": failing(0.05),
    "10 % of trainings fail": failing(0.10),
    "20 % of trainings fail": failing(0.20),
    "saturated at 1": lambda g, shape: np.minimum(1.0, g.normal(1.02, 0.02, shape)),
    "saturated at 0": lambda g, shape: np.maximum(0.0, g.normal(-0.02, 0.02, shape)),
    "accuracy near 1": lambda g, shape: np.minimum(1.0, g.normal(1.0, 0.02, shape)),
    "exponential": lambda g, shape: g.exponential(size=shape),
    "lognormal": lambda g, shape: g.lognormal(size=shape),
    "normal": lambda g, shape: g.normal(size=shape),
    "uniform": lambda g, shape: g.uniform(size=shape),
    "binomial (359, .97)": lambda g, shape: g.binomial(359, 0.97, shape) / 359,
    "Cauchy": lambda g, shape: g.standard_cauchy(shape),
}


class Study(NamedTuple):
    """A comparison with values for many studies.

    found: reads the values of the study at hand. control: the value of every control. value_KxS: K studies.
    """

    name: str
    comparison: Callable[[Callable], Comparison]
    control: float
    value_KxS: np.ndarray


def verdicts(study: Study) -> Iterator[Answer]:
    """The answer to each study, by the judge."""
    at: list[np.ndarray] = []

    def values(records):
        return at[-1][: len(records.axis("seed"))]

    def control(records):
        return np.full(len(records.axis("seed")), study.control)

    criterion = Criterion("1.planted", "planted", study.comparison(values), control)
    records = Records(tuple({"seed": seed, "metric": "planted", "value": 0.0} for seed in BOTH))
    for value_S in study.value_KxS:
        at[:] = [value_S]
        yield judge(records, [criterion], first_round=ROUND)[0].verdict


def false_studies(shape: str, count: int) -> Iterator[Study]:
    """Studies of every kind of comparison in which the median is on the edge."""
    draw = SHAPES[shape]
    median = float(np.median(SHIFT + draw(np.random.default_rng(0), 2_000_001)))
    value_KxS = SHIFT + draw(np.random.default_rng(1), (count, len(BOTH)))
    yield Study("exceeds", lambda values: exceeds(values, median), -FAR, value_KxS)
    yield Study("below", lambda values: below(values, median), FAR, value_KxS)
    yield Study("equals, from below", lambda values: equals(values, 2 * median, within=median), FAR, value_KxS)
    yield Study("equals, from above", lambda values: equals(values, 0.0, within=median), FAR, value_KxS)


def true_studies(shape: str, count: int) -> Iterator[Study]:
    """The same with the median two interquartile ranges inside."""
    draw = SHAPES[shape]
    sample = draw(np.random.default_rng(0), 200_001)
    low, median, high = np.quantile(sample, [0.25, 0.5, 0.75])
    effect = 2 * max(high - low, 0.01)
    value_KxS = draw(np.random.default_rng(1), (count, len(BOTH)))
    yield Study("exceeds", lambda values: exceeds(values, median - effect), -FAR, value_KxS)
    yield Study("below", lambda values: below(values, median + effect), FAR, value_KxS)


def shares(chance: float, edge: float, count: int) -> Study:
    """Studies of a share of seeds that succeed."""
    value_KxS = np.random.default_rng(1).uniform(size=(count, len(BOTH))) < chance
    return Study(f"mostly {edge}", lambda values: mostly(values, edge), 0.0, value_KxS.astype(float))


def supported(study: Study) -> float:
    """The share of the studies that are supported."""
    answers = list(verdicts(study))
    assert Answer.ERROR not in answers
    return answers.count(Answer.SUPPORTED) / len(answers)


def main(count: int = 2000) -> None:
    """Print a line for each shape: false support of every comparison, and power."""
    print(f"{count} studies of {len(ROUND)} + {len(ROUND)} seeds; false support at the edge | power at twice the IQR")
    for shape in SHAPES:
        false = [f"{study.name} {supported(study):.4f}" for study in false_studies(shape, count)]
        true = [f"{study.name} {supported(study):.3f}" for study in true_studies(shape, count)]
        print(f"{shape:<24} {', '.join(false)} | {', '.join(true)}")
    for edge, truth in ((0.5, 0.95), (0.9, 1.0)):
        false, true = (supported(shares(chance, edge, count)) for chance in (edge, truth))
        print(f"share above {edge:<12} false {false:.4f} | power at {truth} {true:.3f}")


if __name__ == "__main__":
    main()
