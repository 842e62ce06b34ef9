"""One thread for small pictures: threads that wait for each other on a busy machine are many times slower."""

from collections.abc import Iterator

import pytest
import torch

from napari_csunet.training.synthesis.fields import Draw


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def draw() -> Draw:
    """Three pictures that share a stream."""
    return Draw.of_a_batch(torch.Generator().manual_seed(0), 3, torch.device("cpu"))
