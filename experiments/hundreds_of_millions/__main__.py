from dl_jax.runtime.run import run

run("experiments.hundreds_of_millions")
