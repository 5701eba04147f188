"""What relying parties' servers call: JSON in, JSON out."""
