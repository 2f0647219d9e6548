from dl_jax.runtime.run import run

run("experiments.depth_and_nonlinearity")
