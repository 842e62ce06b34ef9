"""``python -m napari_csunet.cli`` is the command ``napari-csunet``."""

from napari_csunet.cli import main

if __name__ == "__main__":
    main()
