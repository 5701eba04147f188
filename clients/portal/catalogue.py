"""The services on offer, and how sure the portal must be of who asks. Their words stand in ``locale/``."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from clients.portal.visits import Need


class Shape(StrEnum):
    """What opens when a service is started."""

    FORM = "form"
    CRIMINAL_RECORD = "criminal_record"
    ANSWER = "answer"
    FILES = "files"


ONE = Need(level=1)
TWO = Need(level=2)
TWO_JUST_NOW = Need(level=2, max_age=timedelta(minutes=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One public service of the sample portal."""

    id: str
    group: str
    need: Need = TWO
    shape: Shape = Shape.FORM


SERVICES = (
    Service(id="birth-registration", group="family"),
    Service(id="death-registration", group="family"),
    Service(id="residence", group="family"),
    Service(id="health-record", group="health", shape=Shape.ANSWER),
    Service(id="health-insurance", group="health", need=ONE, shape=Shape.ANSWER),
    Service(id="social-insurance-payment", group="health"),
    Service(id="personal-tax", group="business"),
    Service(id="household-business", group="business"),
    Service(id="enterprise", group="business"),
    Service(id="land-change", group="papers"),
    Service(id="criminal-record", group="papers", need=TWO_JUST_NOW, shape=Shape.CRIMINAL_RECORD),
    Service(id="file-status", group="papers", need=ONE, shape=Shape.FILES),
)
BY_ID = {service.id: service for service in SERVICES}
GROUPS = tuple(dict.fromkeys(service.group for service in SERVICES))


def plain(text: str) -> str:
    """Lower case without diacritics, so that "khai sinh", "Khai Sinh" and "dat dai" all find."""
    letters = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def search(
    services: Iterable[Service], query: str, group: str, words: Callable[[Service], str]
) -> tuple[Service, ...]:
    """Those whose ``words`` hold every word of ``query``, in ``group`` if it is one."""
    wanted = plain(query).split()
    return tuple(
        service
        for service in services
        if group in ("", service.group) and all(word in plain(words(service)) for word in wanted)
    )
