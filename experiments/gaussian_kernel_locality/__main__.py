from dl_jax.runtime.run import run

run("experiments.gaussian_kernel_locality")
