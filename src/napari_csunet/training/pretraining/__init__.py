"""Pretraining: one loop, several objectives, and weights that the encoders accept."""

from napari_csunet.training.pretraining.classification import ClassFolders, Classification
from napari_csunet.training.pretraining.labelled import Labelled
from napari_csunet.training.pretraining.picture_pool import PicturePool, read_labelled_pool, read_pool
from napari_csunet.training.pretraining.recipe import Recipe
from napari_csunet.training.pretraining.run import PretrainingReport, check_start, pretrain
from napari_csunet.training.pretraining.self_supervised import SelfSupervised
from napari_csunet.training.pretraining.synthetic import Synthetic

__all__ = [
    "ClassFolders",
    "Classification",
    "Labelled",
    "PicturePool",
    "PretrainingReport",
    "Recipe",
    "SelfSupervised",
    "Synthetic",
    "check_start",
    "pretrain",
    "read_labelled_pool",
    "read_pool",
]
