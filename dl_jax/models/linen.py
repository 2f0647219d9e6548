"""Any flax.linen network under the contract of `Model`: for what lies beyond the paper's own machines."""

from flax import linen

from dl_jax.models.model import Model


def from_linen(module: linen.Module, layer_type: type[linen.Module] = linen.Dense) -> Model:
    """The module's `__call__` as a Model; the outputs of its submodules of `layer_type` are its layers.

    The module may hold parameters only: state such as running averages is refused with a ValueError.
    """

    def init(key, x_BxD):
        variables = module.init(key, x_BxD)
        if extra := set(variables) - {"params"}:
            raise ValueError(f"a linen module with state ({', '.join(sorted(extra))}) is not a function of its weights")
        return variables["params"]

    def apply(params, x_BxD):
        return module.apply({"params": params}, x_BxD)

    def layers(params, x_BxD):
        outputs = []

        def listen(call, arguments, keywords, context):
            output = call(*arguments, **keywords)
            if isinstance(context.module, layer_type) and context.method_name == "__call__":
                outputs.append(output)
            return output

        with linen.intercept_methods(listen):
            scores_BxC = apply(params, x_BxD)
        return (*outputs[:-1], scores_BxC)

    return Model(init, apply, layers)
