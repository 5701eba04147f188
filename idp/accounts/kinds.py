"""The kinds of account, in one table: a new kind is a file with its identity and a line here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from idp.accounts.citizen import Citizen
from idp.accounts.foreigner import Foreigner
from idp.accounts.organisation import Organisation
from idp.assurance import Level

Identity = Citizen | Foreigner | Organisation


class Kind(StrEnum):
    """Whose account it is (Decree 69/2024 Art. 7)."""

    CITIZEN = "citizen"
    FOREIGNER = "foreigner"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """What a kind of account holds, and which levels it may have; ``None`` is no level."""

    identity: type[Citizen] | type[Foreigner] | type[Organisation]
    levels: tuple[Level | None, ...]


KINDS: Mapping[Kind, KindRow] = {
    Kind.CITIZEN: KindRow(identity=Citizen, levels=(Level.ONE, Level.TWO)),
    Kind.FOREIGNER: KindRow(identity=Foreigner, levels=(Level.ONE, Level.TWO)),
    Kind.ORGANISATION: KindRow(identity=Organisation, levels=(None,)),
}
