from dl_jax.runtime.run import run

run("experiments.depth_5_to_20")
