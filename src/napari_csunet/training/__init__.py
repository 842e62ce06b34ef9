"""How the networks learn: from labelled micrographs, and from synthetic ones."""

import logging

logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # else it announces its precision on stderr
