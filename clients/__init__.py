"""Example relying parties. Each is small, stands alone, and teaches one thing."""
