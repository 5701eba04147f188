"""Which application a browser filed or asked after last, so that no address need hold its reference."""

from datetime import timedelta
from uuid import UUID

from idp.storage.ephemeral import Ephemeral, Space

REMEMBERED = timedelta(minutes=30)


class Recent:
    """Remembers by the browser's cookie, for half an hour."""

    def __init__(self, ephemeral: Ephemeral) -> None:
        self._ephemeral = ephemeral

    def keep(self, browser: str, application_id: UUID) -> None:
        """This browser's, from now on."""
        self._ephemeral.put(Space.ENROLMENT, _key(browser), application_id.bytes, REMEMBERED)

    def of(self, browser: str) -> UUID | None:
        """The last one of a browser; ``None`` when there is none."""
        entry = self._ephemeral.get(Space.ENROLMENT, _key(browser))
        return None if entry is None else UUID(bytes=entry.value)

    def forget(self, browser: str) -> None:
        """For whoever sits here next."""
        self._ephemeral.take(Space.ENROLMENT, _key(browser))


def _key(browser: str) -> str:
    return f"browser:{browser}"
