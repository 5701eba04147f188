"""Ways to prove who you are; each file a plug-in, ``table`` the one way in."""
