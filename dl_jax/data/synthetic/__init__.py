"""Synthetic data that several claims use, as pure functions of a random key.

Shape letters: N examples, D inputs, H W image height and width, P strokes, O background objects; digits are lengths.
"""
