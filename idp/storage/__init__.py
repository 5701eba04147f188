"""Where things are kept: the database, and short-lived state that is spent or expires."""
