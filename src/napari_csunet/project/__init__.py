"""Projects: a plain folder that keeps micrographs, classes, labels, checkpoints and masks of one question together."""
