"""Where labels would help most, and which micrographs are unlike those that were learnt from."""
