"""What the records of receptive_fields must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exact, exceeds, identity
from dl_jax.evidence.estimands import metric

NONE = 1e-9
"""Pixels, or a share of the gradient: an exact fact."""
LARGER = 0.0
"""Pixels from a layer to the next: the sentence says larger, and not by how much."""
SMALLER = 0.8
"""The effective radius over that of the formula's square: below this it is far smaller."""
WIDER = 1.05
"""The trained radius over the untrained one: above this it is wider."""


def each(name, **axes):
    """value_LxS: a metric of every module, from the picture up, and seed."""

    def estimand(records):
        rows = records.where(metric=name, **axes).rows
        modules = dict.fromkeys(row["module"] for row in rows) or ("convolution 1",)
        return np.stack([records.by_seed(name, module=module, **axes) for module in modules])

    return estimand


def least_growth(name, **axes):
    """The smallest increase of a metric from one module to the next."""
    return lambda records: np.diff(each(name, **axes)(records), axis=0).min(0)


def over_formula(state, layer):
    """The effective radius of a module divided by that of the formula's square."""
    return lambda records: (
        each("radius", state=state, kernels="all")(records)[layer] / each("formula_radius")(records)[layer]
    )


def over_untrained(state, layer):
    """The effective radius at the top divided by that of an untrained module."""

    def estimand(records):
        top_S = each("radius", state=state, kernels="all")(records)[-1]
        return top_S / each("radius", state="untrained", kernels="all")(records)[layer]

    return estimand


def scope(records):
    """What the verdicts are about."""
    sides = sorted({row["value"] for row in records.where(metric="formula_side", kernels="all").rows})
    return f"{', '.join(records.axis('dataset'))}; fields of {sides[0]:g} to {sides[-1]:g} pixels"


CARRIES = "the formula carries the statement: kernels and strides decide it, not what is learned"
CRITERIA = (
    Criterion(
        "23.square_grows",
        "pixels by which the side of the formula's square grows from one layer to the next, least of any",
        exact(least_growth("formula_side", kernels="all"), above=LARGER),
        control=least_growth("formula_side", kernels="only centres"),
        scope=CARRIES,
    ),
    Criterion(
        "23.formula_is_exact",
        "number of pixels where the formula and the gradient of a linear net disagree, most of any layer",
        identity(metric("pixels_off_formula", np.max, strides="counted"), NONE),
        control=metric("pixels_off_formula", np.max, strides="ignored"),
        scope=scope,
    ),
    Criterion(
        "23.nothing_outside_formula",
        "share of the squared gradient of a trained net that lies outside the formula's square, most of any layer",
        identity(metric("share_off_formula", np.max, strides="counted"), NONE),
        control=metric("share_off_formula", np.max, strides="ignored"),
        scope=scope,
    ),
    Criterion(
        "23.effective_field_grows",
        "pixels by which the effective radius of the trained net grows from one layer to the next, least of any",
        exceeds(least_growth("radius", state="trained", kernels="all"), LARGER),
        control=least_growth("radius", state="trained", kernels="only centres"),
        scope=scope,
    ),
    Criterion(
        "23.effective_field_is_smaller",
        "effective radius at the top of the trained net divided by that of the formula's square",
        below(over_formula("trained", -1), SMALLER),
        control=over_formula("untrained", 0),
        scope=scope,
        role="support",
    ),
    Criterion(
        "23.growth_is_not_learned",
        "effective radius at the top after training divided by that before",
        below(over_untrained("trained", -1), WIDER),
        control=over_untrained("untrained", 0),
        scope=scope,
        role="support",
    ),
)
NOT_JUDGED = (
    not_judged("printed below the heat maps", metric="test_accuracy"),
    not_judged("drawn: another width of the same field, whose radius is judged", metric="side_of_95_percent"),
    not_judged("where the squares of the heat maps are drawn", metric="formula_start"),
    not_judged("the radius of random weights, drawn beside the measured one", metric="random_radius"),
)
