from dl_jax.runtime.run import run

run("experiments.receptive_fields")
