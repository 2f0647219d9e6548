from dl_jax.runtime.run import run

run("experiments.television_with_knobs")
