"""``python -m napari_csunet.training.synthesis FOLDER`` makes the sample micrographs again."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from napari_csunet.errors import OutputError
from napari_csunet.training.synthesis.sample_files import SAMPLE_SETS, sample_files, write_sample_file


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m napari_csunet.training.synthesis", description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="where to put them, usually sample_data; files of the same name are replaced"
    )
    folder = parser.parse_args(arguments).folder
    for sample_set in SAMPLE_SETS:
        for file in sample_files(sample_set):
            sys.stderr.write(f"{write_sample_file(file, folder)}\n")


if __name__ == "__main__":
    try:
        main()
    except OutputError as error:
        sys.exit(str(error))
