"""What holders say is wrong with their electronic identity: asked, acknowledged, decided.

The register is where an identity comes from: a request never changes it. Where an officer finds that the
register was corrected, the account is owed a new reading of it (Law 91/2025 Art. 4; Decree 356/2025 Art. 5).
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from idp.accounts.account import Accounts
from idp.accounts.correction import (
    A_DAY,
    ACKNOWLEDGE,
    AT_ONCE,
    DAY,
    DECIDE,
    FIND,
    INSERT,
    LONGEST,
    OF_ACCOUNT,
    STANDING,
    Correction,
    CorrectionMisshaped,
    CorrectionMoved,
    CorrectionOfOneself,
    CorrectionsWaiting,
    Stage,
)
from idp.accounts.notices import Notices
from idp.accounts.officers import Officers
from idp.accounts.owed_readings import OwedReadings
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import NotFound, TooManyAttempts
from idp.kernel.ids import new_id
from idp.keyring.seal import Seal
from idp.storage.database import Database


class Corrections:
    """Takes requests in and decides them, sealed. Of two who decide at once one wins, the other is told."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        accounts: Accounts,
        officers: Officers,
        owed: OwedReadings,
        notices: Notices,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._database = database
        self._seal = seal
        self._accounts = accounts
        self._officers = officers
        self._owed = owed
        self._notices = notices
        self._audit = audit
        self._clock = clock

    def of(self, account_id: UUID) -> list[Correction]:
        """A holder's requests, newest first."""
        return [self._correction(row) for row in self._database.all(OF_ACCOUNT, {"of": account_id})]

    def waiting(self) -> Sequence[Correction]:
        """Those that wait for an officer, oldest first."""
        return [self._correction(row) for row in self._database.all(STANDING)]

    def find(self, correction_id: UUID) -> Correction:
        """One of them.

        Raises:
            NotFound.
        """
        row = self._database.first(FIND, {"correction": correction_id})
        if row is None:
            raise NotFound("correction")
        return self._correction(row)

    def file(self, account_id: UUID, member: str, right: str, reason: str) -> Correction:
        """Take a holder's request in; the law's term begins.

        Raises:
            CorrectionMisshaped, CorrectionsWaiting, TooManyAttempts, NotFound.
        """
        right, reason = " ".join(right.split()), " ".join(reason.split())
        account = self._accounts.the(account_id)
        members = {*account.identity.stored(), "number", "phone"}
        if member not in members or not all(0 < len(text) <= LONGEST for text in (right, reason)):
            raise CorrectionMisshaped
        asked, since = self.of(account_id), self._clock() - DAY
        if sum(one.is_waiting for one in asked) >= AT_ONCE:
            raise CorrectionsWaiting
        if sum(one.filed_at > since for one in asked) >= A_DAY:
            raise TooManyAttempts(DAY)
        made = Correction(
            id=new_id(),
            account_id=account_id,
            member=member,
            right=right,
            reason=reason,
            stage=Stage.FILED,
            filed_at=self._clock(),
        )
        with self._database.transaction():
            self._database.run(INSERT, self._row(made))
            self._record(Event.CORRECTION_FILED, made)
        return made

    def withdraw(self, correction_id: UUID, account_id: UUID) -> None:
        """The holder takes their own request back.

        Raises:
            NotFound: also another's. CorrectionMoved.
        """
        correction = self.find(correction_id)
        if correction.account_id != account_id:
            raise NotFound("correction")
        self._decide(correction, Stage.WITHDRAWN, "holder", "")

    def acknowledge(self, correction_id: UUID, officer_id: UUID) -> Correction:
        """An officer has it; the holder is told.

        Raises:
            NotAnOfficer, CorrectionOfOneself, CorrectionMoved, NotFound.
        """
        correction, officer = self._for(correction_id, officer_id)
        with self._database.transaction():
            values = {"correction": correction.id, "now": self._clock()}
            if self._database.run(ACKNOWLEDGE, values) != 1:
                raise CorrectionMoved
            self._record(Event.CORRECTION_ACKNOWLEDGED, correction, officer)
            self._notices.owe(correction.account_id, "correction_acknowledged")
        return self.find(correction_id)

    def decide(
        self, correction_id: UUID, officer_id: UUID, *, is_corrected: bool, answer: str = ""
    ) -> Correction:
        """The register was corrected, and is to be read again; or it stays as it is, and why.

        Raises:
            NotAnOfficer, CorrectionOfOneself, CorrectionMoved, NotFound.
            CorrectionMisshaped: refused without a reason.
        """
        answer = " ".join(answer.split())[:LONGEST]
        if not is_corrected and not answer:
            raise CorrectionMisshaped
        correction, officer = self._for(correction_id, officer_id)
        stage = Stage.CORRECTED if is_corrected else Stage.REFUSED
        with self._database.transaction():
            self._decide(correction, stage, officer, answer)
            if is_corrected:
                self._owed.owe(correction.account_id)
            self._notices.owe(correction.account_id, f"correction_{stage.value}")
        return self.find(correction_id)

    def _decide(self, correction: Correction, stage: Stage, by: str, answer: str) -> None:
        sealed = self._sealed({"answer": answer}, "answer", correction.id) if answer else None
        values = {"correction": correction.id, "now": self._clock(), "to_stage": stage.value}
        with self._database.transaction():
            if self._database.run(DECIDE, {**values, "by": by, "answer": sealed}) != 1:
                raise CorrectionMoved
            self._record(Event.CORRECTION_DECIDED, correction, by, stage)

    def _for(self, correction_id: UUID, officer_id: UUID) -> tuple[Correction, str]:
        officer = self._officers.the(officer_id).account_id
        correction = self.find(correction_id)
        if officer == correction.account_id:
            raise CorrectionOfOneself
        return correction, str(officer)

    def _record(
        self, event: Event, correction: Correction, actor: str | None = None, stage: Stage | None = None
    ) -> None:
        facts = {"correction": str(correction.id), "claims": correction.member}
        if actor is not None:
            facts["actor"] = actor
        if stage is not None:
            facts["state"] = stage.value
        self._audit.record(event, account_id=correction.account_id, **facts)

    def _row(self, made: Correction) -> dict[str, object]:
        wish = {"right": made.right, "reason": made.reason}
        return {
            "id": made.id,
            "account_id": made.account_id,
            "member": made.member,
            "wish_sealed": self._sealed(wish, "wish", made.id),
            "stage": made.stage.value,
            "filed_at": made.filed_at,
        }

    def _correction(self, row: Row[Any]) -> Correction:
        answer = row.answer_sealed and self._opened(row.answer_sealed, "answer", row.id)["answer"]
        return Correction(
            id=row.id,
            account_id=row.account_id,
            member=row.member,
            **self._opened(row.wish_sealed, "wish", row.id),
            stage=Stage(row.stage),
            filed_at=row.filed_at,
            acknowledged_at=row.acknowledged_at,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            answer=answer,
        )

    def _sealed(self, members: dict[str, str], column: str, correction_id: UUID) -> bytes:
        text = json.dumps(members, ensure_ascii=False)
        return self._seal.seal(text.encode(), f"corrections.{column}:{correction_id}")

    def _opened(self, sealed: bytes, column: str, correction_id: UUID) -> dict[str, str]:
        members: dict[str, str] = json.loads(self._seal.open(sealed, f"corrections.{column}:{correction_id}"))
        return members
