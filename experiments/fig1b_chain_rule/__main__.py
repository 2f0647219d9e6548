from dl_jax.runtime.run import run

run("experiments.fig1b_chain_rule")
