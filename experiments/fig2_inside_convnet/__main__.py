from dl_jax.runtime.run import run

run("experiments.fig2_inside_convnet")
