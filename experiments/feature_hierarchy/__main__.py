from dl_jax.runtime.run import run

run("experiments.feature_hierarchy")
