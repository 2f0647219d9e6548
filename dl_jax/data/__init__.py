"""Datasets: catalog and loaders, splits and standardisation, streams that do not fit into memory, synthetic data.

Shape letters: N examples, B batch, T steps, D inputs, C classes (in images, colour channels), H W image height and
width, S side of a square image.
"""
