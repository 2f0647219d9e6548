from dl_jax.runtime.run import run

run("experiments.stochastic_gradient")
