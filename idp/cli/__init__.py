"""The ``idp`` command: what an operator types on the host."""

from idp.cli.main import main

__all__ = ["main"]
