"""What a row of the URL map says, and what views are built from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.views import MethodView

from idp.provider import Provider
from idp.web.endpoints.client_door import ClientDoor
from idp.web.pages.my_account import OwnPages
from idp.web.pages.steps import Steps
from idp.web.presented import Presenting
from idp.web.surface import Surface


@dataclass(frozen=True, slots=True)
class Route:
    """One address. ``member`` is its name in discovery; ``is_api`` says that errors there are JSON.

    ``is_shared``: clients that live in browsers call it from pages of their own.
    """

    path: str
    view: type[MethodView]
    needs: Callable[["Doors"], tuple[Any, ...]] = lambda _doors: ()
    member: str | None = None
    is_api: bool = False
    is_shared: bool = False
    is_demo: bool = False
    is_simulator: bool = False


@dataclass(frozen=True, slots=True)
class Doors:
    """What views are built from."""

    provider: Provider
    surface: Surface
    steps: Steps
    own: OwnPages
    presented: Presenting
    door: ClientDoor
