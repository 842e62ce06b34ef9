"""What the Project panel looks like in each state; knows no layers and no files."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_csunet.project.description import Role
from napari_csunet.project.project import Project
from napari_csunet.widgets.docking import in_scroll_area
from napari_csunet.widgets.field_editors import CalmComboBox
from napari_csunet.widgets.panel_parts import button, row
from napari_csunet.widgets.project_list import ROLE_TOOLTIP, ROLES, ProjectList
from napari_csunet.widgets.status import Status

WELCOME = (
    "A project keeps micrographs, labels, checkpoints and masks together and saves every stroke.\n\n"
    "Drop a folder of micrographs here."
)


class ProjectLayout:
    """The controls, arranged in a panel."""

    def __init__(self, panel: QWidget) -> None:
        self.new = button("New project…", "new_project_button", "Make a project of a folder of micrographs.")
        self.open = button("Open project…", "open_project_button", "Go on with a project where you left off.")
        self.welcome = QLabel(WELCOME)
        self.welcome.setObjectName("project_welcome_label")
        self.welcome.setWordWrap(True)
        self.welcome.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = QElidingLabel()
        self.title.setObjectName("project_label")
        self.title.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.list = ProjectList()
        self.previous = button("◀ Previous", "previous_button", "Show the micrograph before (Page Up).")
        self.next = button("Next ▶", "next_button", "Show the next micrograph (Page Down).")
        self.role = _role_combo()
        self.find = button(
            "Find missing pictures…", "find_missing_button", "Name the folder in which the missing pictures are now."
        )
        self.status = Status("project_status_label")
        content = QWidget()
        self._arrange(content)
        in_scroll_area(panel, content)
        self.show_project(None)

    def show_project(self, project: Project | None) -> None:
        """The list of an open project, or how to begin."""
        for widget in (self.title, self.list, self.previous, self.next, self.role, self._role_label):
            widget.setVisible(project is not None)
        self.welcome.setVisible(project is None)
        self._filler.setVisible(project is None)
        self.find.hide()
        if project is not None:
            count = len(project.keys)
            self.title.setText(
                f"{project.name}: {count} micrographs" if count != 1 else f"{project.name}: 1 micrograph"
            )
            self.title.setToolTip(str(project.folder))
            self.list.set_keys(project.keys)

    def show_role(self, role: Role) -> None:
        self.role.setCurrentIndex(self.role.findData(role))

    def _arrange(self, content: QWidget) -> None:
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        self._role_label = QLabel("Role")
        self._role_label.setBuddy(self.role)
        self._filler = QWidget()
        layout.addLayout(row((self.new, 1), (self.open, 1)))
        layout.addWidget(self.title)
        layout.addWidget(self.list, 1)
        layout.addLayout(row((self.previous, 1), (self.next, 1), (self._role_label, 0), (self.role, 1)))
        layout.addWidget(self.welcome, 1)
        layout.addWidget(self._filler, 1)
        layout.addWidget(self.status)
        layout.addWidget(self.find)


def _role_combo() -> CalmComboBox:
    combo = CalmComboBox()
    combo.setObjectName("role_combo")
    combo.setToolTip(ROLE_TOOLTIP)
    for role in ROLES:
        combo.addItem(role, role)
    return combo
