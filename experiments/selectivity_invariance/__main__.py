from dl_jax.runtime.run import run

run("experiments.selectivity_invariance")
