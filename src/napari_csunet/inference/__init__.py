"""How the networks are applied to whole micrographs."""
