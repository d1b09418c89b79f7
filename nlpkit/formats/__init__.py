"""One table format a module: bytes to table and rows to bytes, nothing else."""
