"""The progress bar of the command line."""

from __future__ import annotations

import pytest

from napari_csunet.cli.progress import with_progress_bar
from napari_csunet.reports import Progress, TrainingReport


def test_a_download_is_told_until_the_training_begins(capsys: pytest.CaptureFixture[str]) -> None:
    reports = [
        TrainingReport("download", 0, Progress(1, 4, 1.0, 3.0)),
        TrainingReport("step", 1, Progress(4, 4, 2.0, 0.0), loss=0.5),
    ]
    assert list(with_progress_bar(iter(reports), "Fine-tune")) == reports
    first, _, last = capsys.readouterr().err.partition("downloading the encoder weights")
    assert "Fine-tune" in first
    assert "loss 0.500" in last
    assert "downloading" not in last.rsplit("\r", 1)[-1]
