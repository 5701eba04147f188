"""Bedrock: errors, the clock, identifiers. Imports nothing of the house."""
