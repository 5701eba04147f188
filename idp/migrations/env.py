"""What Alembic runs: over a connection it is given, inside that connection's transaction."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from idp.storage.database import Instant


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write our own column type by its name; the rest as Alembic does."""
    if kind == "type" and isinstance(item, Instant):
        autogen_context.imports.add("from idp.storage.database import Instant")
        return "Instant()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),  # only for writing a new revision
    render_item=render_item,
    render_as_batch=True,  # SQLite cannot alter most things in place
)
context.run_migrations()
