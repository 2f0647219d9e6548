"""Models as pure functions of their parameters: the networks, kernel methods and initializers of the paper.

Shape letters: B batch, N examples, D inputs, W width, L layers, C classes, H W image height and width, M feature maps
(members in `ensemble`, centres in `kernel` and `k_means`), K side of a square convolution kernel.
"""
