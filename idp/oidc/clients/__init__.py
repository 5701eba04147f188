"""Who asks: registered relying parties, what they may do, and how they prove themselves."""
