"""Fine-tune on two stroked sample micrographs, predict another one, write its mask."""

from pathlib import Path

from napari_csunet import (
    ClassTable,
    TrainingConfig,
    fine_tune,
    load_checkpoint,
    predict,
    read_labels,
    read_micrograph,
    write_mask,
)
from napari_csunet.samples import sample_files

files = sample_files("superalloy")
classes = ClassTable.parse("1=matrix,2=secondary,3=tertiary")
micrographs = [read_micrograph(image) for image, _, strokes in files if strokes]
labels = [read_labels(strokes) for _, _, strokes in files if strokes]
checkpoint = Path("superalloy.csunet.safetensors")

for report in fine_tune(micrographs, labels, classes, TrainingConfig(minutes=2), out=checkpoint):
    if report.kind in ("started", "validation", "finished"):
        print(report.step, report.message or report.scores)

unseen = read_micrograph(files[3][0])
prediction = predict(load_checkpoint(checkpoint), unseen)
print(write_mask("superalloy_4_mask.tif", prediction.mask, classes, unseen.pixel_size))
