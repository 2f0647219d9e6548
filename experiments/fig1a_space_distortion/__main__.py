from dl_jax.runtime.run import run

run("experiments.fig1a_space_distortion")
