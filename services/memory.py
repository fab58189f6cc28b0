"""Memory that a large import or export leaves in the process's pools, given back to the system."""

import ctypes

import pyarrow


def give_back() -> None:
    """Return what is free; takes milliseconds. Does nothing where the system's library knows no such call.

    Measured on a nuclei zip of 76,688 rows: 30 MB after importing it, 35 to 80 MB after an export.
    """
    pyarrow.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
