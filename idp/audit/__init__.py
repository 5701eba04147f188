"""Memory: what happened, who did it and when, in rows that cannot be changed unnoticed."""
