from dl_jax.runtime.run import run

run("experiments.objective_and_gradient")
