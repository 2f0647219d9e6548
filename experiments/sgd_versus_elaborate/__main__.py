from dl_jax.runtime.run import run

run("experiments.sgd_versus_elaborate")
