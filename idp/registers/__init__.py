"""The state registers that people are checked against: read only, and never ours to correct."""
