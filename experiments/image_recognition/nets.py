"""Convolutional nets that made history, as stages and hidden layers for `convnet`, at the size of small pictures."""

from dl_jax.models.convnet import Stage

NETS: dict[str, tuple[tuple[Stage, ...], tuple[int, ...]]] = {
    "small": ((Stage(16, 3), Stage(32, 3)), (64,)),
    # LeCun et al. (1989, 1998), with rectifiers and the largest of each square in place of their units and means.
    "lenet1": ((Stage(4, 5, padding="VALID"), Stage(12, 5, padding="VALID")), ()),
    "lenet5": ((Stage(6, 5), Stage(16, 5, padding="VALID")), (120, 84)),
    # Five convolutions and three layers above, as Krizhevsky, Sutskever & Hinton (2012): for 32 x 32 pixels.
    "alexnet": (
        (Stage(64, 5), Stage(96, 5), Stage(128, 3, 1), Stage(128, 3, 1), Stage(96, 3)),
        (512, 512),
    ),
    # Small kernels, two by two, as Simonyan & Zisserman (2015).
    "vgg": ((Stage(32, 3, 1), Stage(32, 3), Stage(64, 3, 1), Stage(64, 3)), (128,)),
}
