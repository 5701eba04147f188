"""The pages about services and about the person: /, /services/..., /me."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from clients.portal.browser import Browser
from clients.portal.catalogue import BY_ID, GROUPS, SERVICES, TWO, Service, Shape, search
from clients.portal.claims import SIGN_IN, TOKEN, person_rows, token_rows
from clients.portal.refusals import Reason, SignInRefused
from clients.portal.relying_party import Errand, RelyingParty
from clients.portal.texts import VIET_NAM, Say
from clients.portal.visits import File, Need, Visit, Visits

FILLING_IN = timedelta(minutes=30)
LONGEST_NOTE = 500
CHOICES = {"purpose": {"work", "study", "other"}, "paper": {"1", "2"}, "delivery": {"online", "post"}}


class Pages:
    """Views. Each asks the visit whether it is sure enough, and sends the person to prove more if not."""

    def __init__(
        self,
        provider: RelyingParty,
        visits: Visits,
        browser: Browser,
        texts: dict[str, Say],
        clock: Callable[[], datetime],
        send_to_sign_in: Callable[[Errand], Response],
    ) -> None:
        self._provider = provider
        self._visits = visits
        self._browser = browser
        self._texts = texts
        self._clock = clock
        self._send_to_sign_in = send_to_sign_in

    def home(self) -> str:
        """GET /: the catalogue, searched and narrowed."""
        say = self._say()
        query = " ".join(request.args.get("q", "").split())[:100]
        group = request.args.get("group", "")
        group = group if group in GROUPS else ""

        def words(service: Service) -> str:
            texts = (f"services.{service.id}.title", f"services.{service.id}.text", f"groups.{service.group}")
            return " ".join(say(text) for text in texts)

        found = search(SERVICES, query, group, words)
        shelves = [(name, [service for service in found if service.group == name]) for name in GROUPS]
        return render_template(
            "home.html",
            query=query,
            group=group,
            groups=GROUPS,
            shelves=[shelf for shelf in shelves if shelf[1]],
        )

    def service(self, service_id: str) -> str:
        """GET /services/<id>: what it is, who gives it, and what it will ask."""
        service = _service(service_id)
        visit = self._browser.visit()
        is_met = visit is not None and visit.meets(service.need, self._clock())
        return render_template("service.html", service=service, is_met=is_met)

    def apply(self, service_id: str) -> Response | str:
        """GET /services/<id>/apply: open the service, once the visit's ID token states enough."""
        service = _service(service_id)
        visit = self._browser.visit()
        if visit is None or not visit.meets(service.need, self._clock()):
            return self._send_to_sign_in(Errand(need=service.need, back_to=request.path))
        visit = self._visits.admit(visit, service.id)
        return self._open(service, visit)

    def hand_in(self, service_id: str) -> Response | tuple[str, int]:
        """POST /services/<id>/apply: take a sample application."""
        self._browser.check_form()
        service = _service(service_id)
        visit = self._browser.visit()
        if visit is None or service.shape not in (Shape.FORM, Shape.CRIMINAL_RECORD):
            return redirect(url_for("apply", service_id=service.id), 303)
        # Proven within five minutes when the form opened; filling it in may take longer than that.
        opened_at = visit.admitted.get(service.id)
        is_open = opened_at is not None and self._clock() - opened_at <= FILLING_IN
        if not is_open or not visit.meets(Need(level=service.need.level), self._clock()):
            return redirect(url_for("apply", service_id=service.id), 303)
        wrong = _wrong_fields(service)
        if wrong:
            return self._open(service, visit, wrong), 422
        now = self._clock()
        number = f"MAU-{now.astimezone(VIET_NAM):%Y%m%d}-{secrets.randbelow(9000) + 1000}"
        self._visits.hand_in(visit, File(number=number, service_id=service.id, handed_in_at=now))
        session["received"] = number
        return redirect(url_for("apply", service_id="file-status"), 303)

    def me(self) -> Response | str:
        """GET /me: the claims received. UserInfo is asked again while the access token lives."""
        visit = self._browser.visit()
        if visit is None:
            return self._send_to_sign_in(Errand(need=TWO, back_to=request.path))
        is_live = False
        if self._clock() < visit.access_ends_at:
            try:
                person = self._provider.fetch_person(visit.access_token, visit.subject)
                visit, is_live = self._visits.refresh_person(visit, person), True
            except SignInRefused as refused:
                # Silent for a moment: show what was told before. Refused before its time, or speaking of
                # somebody else: the person signed out or was locked over there, so it is over here too.
                if refused.reason is not Reason.UNREACHABLE:
                    refused.back_to = request.path
                    self._browser.sign_out()
                    raise
        say, language = self._say(), self._browser.language()
        return render_template(
            "me.html",
            me=visit,
            is_live=is_live,
            person=person_rows(visit.person, say, language),
            sign_in=token_rows(visit.id_claims, SIGN_IN, say, language),
            token=token_rows(visit.id_claims, TOKEN, say, language),
        )

    def _open(self, service: Service, visit: Visit, wrong: frozenset[str] = frozenset()) -> str:
        person = [
            row
            for row in person_rows(visit.person, self._say(), self._browser.language())
            if row.claim in {"name", "birthdate", "gender", "phone_number", "mandate"}
        ]
        if service.shape is Shape.FILES:
            received = session.pop("received", None)
            return render_template("files.html", service=service, files=visit.files, received=received)
        template = "answer.html" if service.shape is Shape.ANSWER else "form.html"
        return render_template(template, service=service, person=person, me=visit, wrong=wrong)

    def _say(self) -> Say:
        return self._texts[self._browser.language()]


def _service(service_id: str) -> Service:
    return BY_ID.get(service_id) or abort(404)


def _wrong_fields(service: Service) -> frozenset[str]:
    """The names of fields that are empty, too long, or hold what the page never offered."""
    if service.shape is Shape.CRIMINAL_RECORD:
        return frozenset(name for name, offered in CHOICES.items() if request.form.get(name) not in offered)
    return (
        frozenset() if 0 < len(request.form.get("note", "").strip()) <= LONGEST_NOTE else frozenset({"note"})
    )
