"""Signed in, signed out."""
