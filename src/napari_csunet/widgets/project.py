"""The Project panel: makes and opens projects, lists their micrographs, and brings one after the other on screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QFileDialog

from napari_csunet.config import TrainingConfig
from napari_csunet.errors import CSUNetError
from napari_csunet.project.description import Role
from napari_csunet.project.project import Project
from napari_csunet.project.survey import Surveyed, survey
from napari_csunet.widgets.background import Background, end_all
from napari_csunet.widgets.canvas_context import CanvasContext
from napari_csunet.widgets.docking import docked, tabify_with
from napari_csunet.widgets.panel import CLOSING_S, Panel
from napari_csunet.widgets.project_beside import classes_beside, is_busy_beside, restore_beside, settings_of
from napari_csunet.widgets.project_keys import bind_step_keys, unbind_step_keys
from napari_csunet.widgets.project_layout import ProjectLayout
from napari_csunet.widgets.project_session import ProjectSession


class ProjectWidget(Panel):
    """Holds the session of one open project."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName("project_widget")
        self.setAcceptDrops(True)
        self._viewer = napari_viewer
        self._session: ProjectSession | None = None
        self._panel = ProjectLayout(self)
        self._survey = Background()
        self._surveyed: ProjectSession | None = None  # that of the survey
        self._is_unsaved = self._has_dock = False
        self._form: Any = None  # of the Fine-tune panel, once it is there
        self._connect_panel()
        self._canvas_context = CanvasContext(napari_viewer, self)
        bind_step_keys(napari_viewer, self._step)

    @property
    def project(self) -> Project | None:
        """The open project."""
        return self._session.project if self._session is not None else None

    @property
    def session(self) -> ProjectSession | None:
        return self._session

    def open_path(self, path: str | Path) -> None:
        """Opens a project, or makes one of a folder of micrographs; says why if it cannot."""
        self._adopt_from(path, lambda: Project.open_or_create(path, classes_beside(self)))

    def adopt(self, project: Project) -> None:
        """Shows an open project in place of the one before."""
        self._end_session()
        self.watch_window()
        self._session = session = ProjectSession(self._viewer, project, lambda: is_busy_beside(self))
        session.shown.connect(self._on_shown)
        session.changed.connect(self._on_changed)
        session.said.connect(self._panel.status.say)
        session.failed.connect(self._on_failed)
        session.unsaved.connect(self._on_unsaved)
        session.saved.connect(self._on_saved)
        self._panel.show_project(project)
        for key in project.keys:
            self._on_changed(key)
        restore_beside(self, project.description)
        self._say_notices(project)
        session.show_first()
        self._start_survey()

    def ask_for_new(self) -> None:
        """Asks for a folder of micrographs."""
        folder = QFileDialog.getExistingDirectory(self, "New project from a folder of micrographs", str(Path.home()))
        if folder:
            self.open_path(folder)

    def ask_for_project(self) -> None:
        """Asks for a project."""
        folder = QFileDialog.getExistingDirectory(self, "Open a project", str(Path.home()))
        if folder:
            self._adopt_from(folder, lambda: Project.open(folder))

    def close_background(self, seconds: float = CLOSING_S) -> bool:
        """Saves, lets go of the project and ends every thread; False if one goes on."""
        ended = [self._end_session(seconds, keep_layers=True), end_all((self._survey,), seconds)]
        return all(ended)

    def on_shown(self) -> None:
        from napari_csunet.widgets.fine_tune import FineTuneWidget

        fine_tune = docked(self, FineTuneWidget)
        if not self._has_dock:
            self._has_dock = True
            tabify_with(self, fine_tune)
        if fine_tune is not None and self._form is not fine_tune.form:
            self._form = fine_tune.form
            self._form.value_changed.connect(self._on_settings_changed)

    def on_closed(self) -> None:
        unbind_step_keys(self._viewer)
        self._canvas_context.disconnect()
        self.close_background()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Of the window: saves when it is about to close; asked by a program, it cannot change its mind."""
        if event is not None and event.type() == QEvent.Type.Close:
            if event.spontaneous() and self._session is not None:
                self._session.save()
            else:
                self.close_background()
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        if event is not None and _dropped_folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        folder = _dropped_folder(event) if event is not None else None
        if event is not None and folder is not None:
            event.acceptProposedAction()
            self.open_path(folder)

    def _connect_panel(self) -> None:
        panel = self._panel
        panel.new.clicked.connect(self.ask_for_new)
        panel.open.clicked.connect(self.ask_for_project)
        panel.find.clicked.connect(self._on_find_clicked)
        panel.previous.clicked.connect(lambda: self._step(-1))
        panel.next.clicked.connect(lambda: self._step(1))
        panel.list.micrograph_picked.connect(self._on_micrograph_picked)
        panel.list.role_chosen.connect(self._on_role_chosen)
        panel.role.activated.connect(self._on_role_activated)
        self._survey.reported.connect(self._on_surveyed)
        self._survey.failed.connect(panel.status.say_error)
        self._survey.finished.connect(self._on_survey_finished)

    def _adopt_from(self, path: str | Path, make: Callable[[], Project]) -> None:
        """The project that is open stays so if it is the one at ``path``, or if that cannot be opened."""
        self._panel.status.say("")
        if self.project is not None and self.project.is_at(path):
            self._panel.status.say(f"{self.project.name} is open already.")
            return
        try:
            project = make()
        except CSUNetError as error:
            self._panel.status.say_error(error)
            return
        self.adopt(project)

    def _end_session(self, seconds: float = CLOSING_S, *, keep_layers: bool = False) -> bool:
        session, self._session = self._session, None
        self._survey.stop()
        return session is None or session.close(seconds, keep_layers=keep_layers)

    def _say_notices(self, project: Project) -> None:
        if project.notices:
            self._panel.status.say("\n".join(project.notices))
        self._offer_to_find(project)

    def _offer_to_find(self, project: Project) -> None:
        self._panel.find.setVisible(any(not project.image_path(key).exists() for key in project.keys))

    def _start_survey(self) -> None:
        """Begins again once what runs has come to its end."""
        if self._survey.is_running:
            self._surveyed = None
            self._survey.stop()
        elif self._session is not None:
            self._surveyed = self._session
            self._survey.start(survey, self._session.project)

    def _step(self, by: int) -> None:
        if self._session is not None:
            self._session.step(by)

    def _on_find_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Where are the missing pictures now?", str(Path.home()))
        if not folder or self._session is None:
            return
        try:
            found = self._session.project.relocate(folder)
        except CSUNetError as error:
            self._panel.status.say_error(error)
            return
        self._session.touch()
        self._panel.status.say(f"Found {found} of the missing pictures." if found else "None of them is there.")
        self._offer_to_find(self._session.project)
        self._start_survey()

    def _on_micrograph_picked(self, key: str) -> None:
        if self._session is not None and len(self._panel.list.chosen()) <= 1:
            self._session.show(key)

    def _on_role_chosen(self, keys: Sequence[str], role: Role) -> None:
        if self._session is not None:
            for key in keys:
                self._session.change_entry(key, role=role)

    def _on_role_activated(self, index: int) -> None:
        self._on_role_chosen(self._panel.list.chosen(), self._panel.role.itemData(index))

    def _on_shown(self, key: str) -> None:
        self._panel.list.mark(key)
        if self.project is not None:
            self._panel.show_role(self.project.entry(key).role)

    def _on_changed(self, key: str) -> None:
        project = self.project
        if project is None:
            return
        entry = project.entry(key)
        self._panel.list.show_entry(entry, project.description.classes, is_predicted=project.is_predicted(key))
        if key in self._panel.list.chosen():
            self._panel.show_role(entry.role)

    def _on_failed(self, error: Exception) -> None:
        self._panel.status.say_error(error)
        if self.project is not None:
            self._offer_to_find(self.project)

    def _on_unsaved(self, error: Exception) -> None:
        self._is_unsaved = True
        self._panel.status.say_error(error)

    def _on_saved(self) -> None:
        """Takes back a complaint once everything could be saved."""
        if self._is_unsaved:
            self._is_unsaved = False
            self._panel.status.say("Everything is saved again.")

    def _on_settings_changed(self, config: TrainingConfig) -> None:
        if self._session is not None:
            self._session.project.change(settings=settings_of(config))
            self._session.touch()

    def _on_surveyed(self, found: Surveyed) -> None:
        if self._session is None or self._surveyed is not self._session:
            return
        if found.picture is not None:
            self._panel.list.show_thumbnail(found.key, found.picture)
        elif found.complaint:
            self._panel.list.show_complaint(found.key, found.complaint)
        if found.changes:
            self._session.change_entry(found.key, **found.changes)

    def _on_survey_finished(self) -> None:
        if self._session is not None and self._surveyed is not self._session:
            self._start_survey()


def _dropped_folder(event: QDropEvent) -> Path | None:
    data = event.mimeData()
    urls = data.urls() if data is not None else []
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return paths[0] if len(paths) == 1 and (paths[0].is_dir() or paths[0].name == "project.json") else None
