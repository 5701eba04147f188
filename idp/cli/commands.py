"""Commands by where they are: each is loaded when it is called, so that a start costs no more than it needs.

What runs by a timer starts all day long, and on a busy host a start is most of what it does.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Commands(click.Group):
    """A group that finds its commands in modules: ``found_in`` names those of each, by their own names."""

    def __init__(self, *given: Any, found_in: Mapping[str, tuple[str, ...]], **named: Any) -> None:
        super().__init__(*given, **named)
        self._modules = {name: module for module, names in found_in.items() for name in names}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As in ``click.Group``."""
        return sorted({*super().list_commands(ctx), *self._modules})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """As in ``click.Group``."""
        module = self._modules.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        held = vars(import_module(module)).values()
        return next(each for each in held if isinstance(each, click.Command) and each.name == cmd_name)
