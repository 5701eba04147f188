"""One command's demonstration: sample people, sample relying parties, everything started."""
