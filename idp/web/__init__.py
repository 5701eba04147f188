"""The doors: the only room that speaks HTTP, divided by who knocks."""
