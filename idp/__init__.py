"""Định Danh: a provider of national electronic identity. See docs/architecture.md."""
