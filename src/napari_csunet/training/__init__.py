"""How the networks learn: from labelled micrographs, and from synthetic ones."""
