"""The desk: what must happen next in a sign-in."""
