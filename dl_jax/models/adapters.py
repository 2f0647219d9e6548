"""Adapters from flax networks to `Model`, for architectures beyond the paper's own."""

from collections.abc import Callable
from functools import cache

from flax import linen, nnx

from dl_jax.models.model import Model


def from_linen(module: linen.Module, layer_type: type[linen.Module] = linen.Dense) -> Model:
    """Return a flax.linen module as a Model whose layers are the outputs of its submodules of `layer_type`.

    The last layer is the output of the module. ValueError if the module has variables other than parameters, such as
    running averages.
    """

    def init(key, x_BxD):
        variables = module.init(key, x_BxD)
        if extra := set(variables) - {"params"}:
            raise ValueError(f"a model is a function of its parameters, and this module has {', '.join(sorted(extra))}")
        return variables["params"]

    def apply(params, x_BxD):
        return module.apply({"params": params}, x_BxD)

    def layers(params, x_BxD):
        outputs = []

        def record(call, arguments, keywords, context):
            output = call(*arguments, **keywords)
            if isinstance(context.module, layer_type) and context.method_name == "__call__":
                outputs.append(output)
            return output

        with linen.intercept_methods(record):
            scores_BxC = apply(params, x_BxD)
        return (*outputs[:-1], scores_BxC)

    return Model(init, apply, layers)


def from_nnx(build: Callable[[nnx.Rngs], nnx.Module], layer_type: type[nnx.Module] = nnx.Linear) -> Model:
    """Return a flax.nnx module as a Model whose layers are the outputs of its submodules of `layer_type`.

    build: returns the module for given random number generators, e.g. lambda rngs: Net(64, 10, rngs=rngs). The params
    are `nnx.to_pure_dict` of its `nnx.Param` variables; the last layer is the output of the module. ValueError if the
    module has other variables, such as running averages or the generators of dropout.
    """
    graph, state = nnx.split(nnx.eval_shape(lambda: build(nnx.Rngs(0))))
    if kinds := {type(each).__name__ for _, each in nnx.to_flat_state(state) if not isinstance(each, nnx.Param)}:
        raise ValueError(f"a model is a function of its parameters, and this module has {', '.join(sorted(kinds))}")

    def init(key, x_BxD):
        del x_BxD
        return nnx.to_pure_dict(nnx.state(build(nnx.Rngs(key)), nnx.Param))

    def apply(params, x_BxD):
        return nnx.merge(graph, params)(x_BxD)

    def layers(params, x_BxD):
        module, outputs = nnx.merge(graph, params), []
        for _, submodule in nnx.iter_modules(module):
            if isinstance(submodule, layer_type):
                # The module was made for this call, so changing the class of its submodules affects no other.
                submodule.__class__ = _recording(type(submodule))
                submodule.record = nnx.static(outputs.append)
        scores_BxC = module(x_BxD)
        return (*outputs[:-1], scores_BxC)

    return Model(init, apply, layers)


@cache
def _recording(layer_type: type[nnx.Module]) -> type[nnx.Module]:
    """Return a subclass that passes the output of `__call__` to the attribute `record`."""

    class Recording(layer_type):  # type: ignore[valid-type, misc]
        def __call__(self, *arguments, **keywords):
            output = super().__call__(*arguments, **keywords)
            self.record(output)
            return output

    return Recording
