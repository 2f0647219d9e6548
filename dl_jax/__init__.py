"""The executable "Deep learning": LeCun, Bengio & Hinton (Nature 2015), each statement an experiment in JAX.

    import dl_jax as dl

The public names stand below; each is imported when it is first used, so that `import dl_jax` costs nothing.
"""

from importlib import import_module
from typing import Any

_PUBLIC = {
    "data.catalog": ("load",),
    "data.dataset": ("Examples", "Splits", "generated"),
    "models.adapters": ("from_linen", "from_nnx"),
    "models.convnet": ("Stage", "convnet"),
    "models.linear": ("linear",),
    "models.mlp": ("mlp",),
    "models.nonlinearities": ("NONLINEARITIES",),
    "training.context": ("local_context",),
    "training.evaluation": ("classification",),
    "training.fit": ("fit",),
    "training.grid": ("choice", "grid", "static"),
    "training.losses": ("accuracy", "cross_entropy"),
    "training.optimizers": ("adam", "sgd"),
    "training.step": ("Learner",),
    "training.sweep": ("evenly", "sweep"),
    "evidence.criteria": ("Criterion", "below", "equals", "exact", "exceeds"),
    "evidence.estimands": ("difference", "metric"),
    "evidence.named": ("array", "named"),
    "evidence.records": ("Records",),
    "evidence.selection": ("select",),
    "evidence.judge": ("judge",),
}
_MODULE_OF = {name: f"dl_jax.{module}" for module, names in _PUBLIC.items() for name in names}

__all__ = sorted([*_MODULE_OF, "experiments"])


def __getattr__(name: str) -> Any:
    if name == "experiments":
        return import_module("dl_jax.runtime.library")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'dl_jax' has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
