"""What is said of an adapted network."""

from __future__ import annotations

from napari_csunet.training.adapting.agreement import Agreement


def test_the_name_of_a_lost_class_is_told_as_it_is() -> None:
    said = str(Agreement(0.934, ("20% pores",)))
    assert said == "it agrees with the original on 93 % of the pixels, and 20% pores nearly vanished"
