"""Features that are not learned: hand-designed histograms, random networks, and pixel permutation as their control.

Shape letters: H W image height and width, D features, O orientations, R C rows and columns of cells, K block entries.
"""
