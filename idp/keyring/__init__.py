"""Keys: those that sign tokens (next, current, retired) and those that seal personal data at rest."""
