"""The sources of the methods, numbered as they are cited."""

from __future__ import annotations

REFERENCES = {
    "csunet": (
        "K. Alrfou, T. Zhao, A. Kordijazi, Transfer learning for microstructure segmentation with CS-UNet: A hybrid "
        "algorithm with transformer and CNN encoders, arXiv:2308.13917 (2023)"
    ),
    "micronet": (
        "J. Stuckner, B. Harder, T. M. Smith, Microstructure segmentation with deep learning encoders pre-trained on a "
        "large microscopy dataset, npj Computational Materials 8 (2022) 200"
    ),
    "unet": (
        "O. Ronneberger, P. Fischer, T. Brox, U-Net: Convolutional networks for biomedical image segmentation, "
        "MICCAI (2015) 234–241"
    ),
    "unetplusplus": (
        "Z. Zhou, M. M. R. Siddiquee, N. Tajbakhsh, J. Liang, UNet++: A nested U-Net architecture for medical image "
        "segmentation, DLMIA (2018) 3–11"
    ),
    "swin-unet": (
        "H. Cao et al., Swin-Unet: Unet-like pure transformer for medical image segmentation, ECCV Workshops (2022)"
    ),
    "underwood": "E. E. Underwood, Quantitative Stereology, Addison-Wesley (1970)",
    "politis": (
        "D. N. Politis, J. P. Romano, A circular block-resampling procedure for stationary data, in: Exploring the "
        "Limits of Bootstrap, Wiley (1992) 263–270"
    ),
    "lahiri": "S. N. Lahiri, Resampling Methods for Dependent Data, Springer (2003)",
    "davison": "A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application, Cambridge (1997)",
    "hesterberg": (
        "T. C. Hesterberg, What teachers should know about the bootstrap, The American Statistician 69 (2015) 371–386"
    ),
    "legland": (
        "D. Legland, K. Kiêu, M.-F. Devaux, Computation of Minkowski measures on 2D and 3D binary images, Image "
        "Analysis & Stereology 26 (2007) 83–92"
    ),
    "smith": (
        "C. S. Smith, L. Guttman, Measurement of internal boundaries in three-dimensional structures by random "
        "sectioning, Trans. AIME 197 (1953) 81–87"
    ),
    "fullman": "R. L. Fullman, Measurement of particle sizes in opaque bodies, Trans. AIME 197 (1953) 447–452",
    "iso9276": "ISO 9276-6, Representation of results of particle size analysis, part 6 (2008)",
    "miles": (
        "R. E. Miles, On the elimination of edge effects in planar sampling, in: Stochastic Geometry, Wiley (1974) "
        "228–247"
    ),
    "lantuejoul": (
        "the correction of C. Lantuéjoul, described in: J. Serra, Image Analysis and Mathematical Morphology, Academic "
        "Press (1982)"
    ),
    "gundersen": (
        "on counting frames: H. J. G. Gundersen, Notes on the estimation of the numerical density of arbitrary "
        "profiles: the edge effect, J. Microscopy 111 (1977) 219–223"
    ),
    "hanisch": (
        "K.-H. Hanisch, Some remarks on estimators of the distribution function of nearest neighbour distance in "
        "stationary spatial point patterns, Math. Operationsforsch. Stat., Ser. Stat. 15 (1984) 409–412"
    ),
    "vincent": (
        "L. Vincent, P. Soille, Watersheds in digital spaces: an efficient algorithm based on immersion simulations, "
        "IEEE PAMI 13 (1991) 583–598"
    ),
    "e112": "ASTM E112-13, Standard test methods for determining average grain size (2013)",
    "iso1463": "ISO 1463, Metallic and oxide coatings – Measurement of coating thickness – Microscopical method (2021)",
    "torquato": "S. Torquato, Random Heterogeneous Materials, Springer (2002)",
    "skimage": "S. van der Walt et al., scikit-image: image processing in Python, PeerJ 2 (2014) e453",
    "scipy": "P. Virtanen et al., SciPy 1.0, Nature Methods 17 (2020) 261–272",
}


class Citations:
    """Numbers sources in the order in which they are first cited."""

    def __init__(self) -> None:
        self._keys: list[str] = []

    def cite(self, *keys: str) -> str:
        """Such as "[1, 4]"."""
        self._keys += [key for key in dict.fromkeys(keys) if key not in self._keys]
        return f"[{', '.join(str(n) for n in sorted(self._keys.index(key) + 1 for key in keys))}]"

    @property
    def references(self) -> list[str]:
        """Those cited, in the order of their numbers."""
        return [REFERENCES[key] for key in self._keys]
