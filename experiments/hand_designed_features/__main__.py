from dl_jax.runtime.run import run

run("experiments.hand_designed_features")
