"""The folder of an export: chosen by the user, never overwritten without a question, opened by a click."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from napari_csunet.widgets.panel_parts import button, row

LOST = "All its results go, also those of other micrographs; masks that were changed by hand since stay."


def chosen_folder(parent: QWidget) -> Path | None:
    title = "Export report, tables, plots and masks to a folder"
    folder = QFileDialog.getExistingDirectory(parent, title, str(Path.home()))
    return Path(folder) if folder else None


def may_replace(parent: QWidget, folder: Path, taken: Path) -> bool:
    """Asks, because files would be lost."""
    question = f"{folder} holds an earlier export ({taken.name} and others). Replace it? {LOST}"
    answer = QMessageBox.question(parent, "Replace the export?", question)
    return bool(answer == QMessageBox.StandardButton.Yes)


class ReportButtons(QWidget):
    """Open what was exported; hidden until something is."""

    def __init__(self) -> None:
        super().__init__()
        self._report: Path | None = None
        self._open_report = button("Open report", "open_report_button", "Show the report in the browser.")
        self._open_folder = button("Open folder", "open_report_folder_button", "Show the folder with all files.")
        line = row((self._open_report, 1), (self._open_folder, 1))
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)
        self._open_report.clicked.connect(self._on_open_report_clicked)
        self._open_folder.clicked.connect(self._on_open_folder_clicked)
        self.hide()

    def set_report(self, report: Path) -> None:
        self._report = report
        self.show()

    def _on_open_report_clicked(self) -> None:
        if self._report is not None:
            _open(self._report)

    def _on_open_folder_clicked(self) -> None:
        if self._report is not None:
            _open(self._report.parent)


def _open(path: Path) -> None:
    """In whatever program the computer opens such files with."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
