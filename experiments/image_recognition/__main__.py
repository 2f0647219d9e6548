from dl_jax.runtime.run import run

run("experiments.image_recognition")
