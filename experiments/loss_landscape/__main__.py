from dl_jax.runtime.run import run

run("experiments.loss_landscape")
