"""Chooses the device that computes, by the name a person gives it."""

from __future__ import annotations

from collections.abc import Sequence

from napari_csunet.widgets.name_combo import NameCombo

BEST_DEVICE = "best device"


class DeviceCombo(NameCombo):
    """Knows only "the best" until it is told what there is."""

    def __init__(self, name: str, explanation: str) -> None:
        super().__init__(name, explanation)
        self.set_devices(())

    def value(self) -> str:
        """As in the configuration: auto, cpu, cuda:0, …"""
        return str(self.currentData() or "auto")

    def set_value(self, device: str) -> None:
        if self.findData(device) < 0:
            self.addItem(device, device)
        self.setCurrentIndex(self.findData(device))

    def set_devices(self, devices: Sequence[tuple[str, str]]) -> None:
        """Fills the list with devices given by name and label, the best one first; the choice stays."""
        chosen = self.value()
        self.clear()
        self.addItem(devices[0][1] if devices else BEST_DEVICE, "auto")
        for name, label in devices[1:]:
            self.addItem(label, name)
        self.set_value("auto" if devices and chosen == devices[0][0] else chosen)
