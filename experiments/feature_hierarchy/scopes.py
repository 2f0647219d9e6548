"""What the verdicts of feature_hierarchy are about, and what is measured and not judged."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from experiments.feature_hierarchy.estimands import MODULES, selective_and_invariant

NOT_JUDGED = (
    not_judged("shows that the nets learn their task", metric="test_accuracy"),
    not_judged("shows that the nets learn their task", metric="image_accuracy", images=("natural", "random phase")),
)


def scope(records):
    """What the verdicts about layers concern."""
    return f"planted objects, {len(records.axis('seed'))} draws; relu"


def scope_of_modules(records):
    """The same, and which modules are more selective and more invariant at the median seed."""
    modules = [high for low, high in MODULES if np.median(selective_and_invariant(low, high)(records)) > 0]
    return f"{scope(records)}; modules whose median gains are both positive: {', '.join(modules) or 'none'}"


def scope_of_observer(records):
    """The same, with what stands for a person."""
    return f"{scope(records)}; the best of eight decoders and a comparison of pixels stand for a person"


def scope_of_filters(records):
    """What the verdicts about filters concern."""
    return f"{', '.join(map(str, records.axis('dataset')))}; 7 x 7 filters; gratings and Gabors, which ignore phase"
