from dl_jax.runtime.run import run

run("experiments.fig1cd_backpropagation")
