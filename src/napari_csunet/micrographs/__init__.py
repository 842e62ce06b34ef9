"""What comes in and goes out: micrographs, labels, masks and the files that hold them."""
