"""Gives a house its sample people and relying parties, and remembers their secrets in cast.json."""

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from idp.accounts.account import Account, Status
from idp.accounts.kinds import Kind
from idp.assurance import Level
from idp.audit.events import Event
from idp.authenticators.totp import new_secret
from idp.demo.acting import open_foreigner, play_others, told_mandates
from idp.demo.cast import (
    CLIENTS,
    DEPENDANTS,
    OFFICE,
    ORGANISATIONS,
    PEOPLE,
    Body,
    Dependant,
    Part,
    portal,
)
from idp.demo.files import write_private_json
from idp.demo.keys import new_jwk, public_part
from idp.kernel.ids import new_secret as new_client_secret
from idp.migrations.upgrade import migrate
from idp.oidc.clients.metadata import ClientMetadata
from idp.provider import Provider
from idp.registers.imports import ImportReport
from idp.registers.sample import SAMPLES

WORDS = ("sen", "tre", "lua", "song", "nui", "may", "gio", "nang", "trang", "sao", "bien", "rung", "suoi")
ACTOR = "demo"


class CastLost(Exception):
    """The database holds the sample people, but the file with their passwords is gone."""

    def __init__(self, memory: Path) -> None:
        super().__init__(memory)
        self.memory = memory


def prepared(provider: Provider, memory: Path, portal_url: str | None) -> dict[str, Any]:
    """The cast: ``accounts`` and ``clients`` by name, ``portals`` by address.

    The file is written first and the house made to fit it, so that a start that was broken off is taken up
    where it stopped, and who was made once stays the same.

    Raises:
        CastLost: the people are there, ``memory`` is not.
    """
    migrate(provider.database)
    provider.keyring.initialise()
    numbers = [part.number for part in PEOPLE.values()]
    if memory.exists():
        cast: dict[str, Any] = json.loads(memory.read_text(encoding="utf-8"))
    elif any(provider.accounts.by_number(number) for number in numbers):
        raise CastLost(memory)
    else:
        cast = {"accounts": {}, "clients": {}, "portals": {}}
    _write_parts(cast, portal_url)
    write_private_json(memory, cast)
    _import_registers(provider, numbers[0])
    for name, part in PEOPLE.items():
        _play(provider, name, part, cast["accounts"][name])
    for name, details in CLIENTS.items():
        _register(provider, details, cast["clients"][name])
    play_others(provider)
    if portal_url is not None:
        _register(provider, portal(portal_url), cast["portals"][portal_url])
    return cast | {"mandates": told_mandates(provider, cast["accounts"])}


def _write_parts(cast: dict[str, Any], portal_url: str | None) -> None:
    for name, part in PEOPLE.items():
        cast["accounts"].setdefault(name, _person(part))
    for name, body in ORGANISATIONS.items():
        cast["accounts"].setdefault(name, _organisation(body))
    for name, child in DEPENDANTS.items():
        cast["accounts"].setdefault(name, _child(child))
    for name, details in CLIENTS.items():
        cast["clients"].setdefault(name, _client(name, details))
    if portal_url is not None and portal_url not in cast["portals"]:
        name = f"portal-{secrets.token_hex(4)}" if cast["portals"] else "portal"
        cast["portals"][portal_url] = _client(name, portal(portal_url))


def _person(part: Part) -> dict[str, Any]:
    return {
        "username": part.number,
        "password": "-".join(secrets.choice(WORDS) for _ in range(3)) + f"-{secrets.randbelow(10**4):04}",
        "totp_secret": new_secret() if part.has_totp else None,
        "kind": part.kind.value,
        "level": part.level.value,
        "phone": part.phone,
    }


def _child(child: Dependant) -> dict[str, Any]:
    """As a person, but that nobody signs in as it: the guardian does."""
    return {
        "username": child.number,
        "password": None,
        "totp_secret": None,
        "kind": Kind.CITIZEN.value,
        "level": Level.ONE.value,
        "phone": next(part.phone for part in PEOPLE.values() if part.number == child.guardian),
    }


def _organisation(body: Body) -> dict[str, Any]:
    """As a person, but that nobody signs in as it."""
    return {
        "username": body.code,
        "password": None,
        "totp_secret": None,
        "kind": Kind.ORGANISATION.value,
        "level": None,
        "phone": body.phone,
    }


def _client(client_id: str, details: ClientMetadata) -> dict[str, Any]:
    has_secret = details.token_endpoint_auth_method.startswith("client_secret_")
    has_key = details.token_endpoint_auth_method == "private_key_jwt"
    return {
        "client_id": client_id,
        "client_secret": new_client_secret() if has_secret else None,
        "auth_method": details.token_endpoint_auth_method,
        "redirect_uri": details.redirect_uris[0],
        "post_logout_redirect_uri": details.post_logout_redirect_uris[0],
        "scope": " ".join(details.scope),
        "private_jwk": new_jwk(client_id) if has_key else None,
    }


def _import_registers(provider: Provider, somebody: str) -> None:
    """All the sample registers; the population's last, so that it being there says that all are."""
    if provider.samples.population.find(somebody) is not None:
        return
    for name, file in reversed(SAMPLES.items()):

        def recorded(report: ImportReport, name: str = name.value) -> None:
            provider.audit.record(
                Event.REGISTER_IMPORTED,
                register=name,
                accepted=report.accepted,
                refused=report.refused_count,
            )

        provider.samples.by_name(name).import_csv(file, finished=recorded)


def _play(provider: Provider, name: str, part: Part, person: dict[str, Any]) -> None:
    """Open the account, activate it, and equip it as its holder would; what is done already stays."""
    account = provider.former_numbers.holder(part.number)
    if account is None:
        account = _opened(provider, part)
    if not account.profile:
        told = part.profile(name, account.identity.name.split()[-1])
        provider.accounts.rewrite(replace(account, profile=told))
    has = {authenticator.method for authenticator in provider.authenticators.of(account.id)}
    if "password" not in has:
        provider.password.set_password(account.id, person["password"])
    if part.has_totp and "totp" not in has:
        provider.authenticators.add(account.id, "totp", person["totp_secret"].encode("ascii"), ACTOR)
    if account.status is Status.ISSUED:
        with provider.database.transaction():
            provider.accounts.activate(account.id)
            provider.audit.record(Event.ACCOUNT_ACTIVATED, account_id=account.id, actor=ACTOR)
            # The code to activate an account that is active would only puzzle who opens the outbox.
            provider.outbox.forget(provider.clock())


def _opened(provider: Provider, part: Part) -> Account:
    if part.kind is Kind.FOREIGNER:
        return open_foreigner(provider, part)
    office = OFFICE if part.level is Level.TWO else ""
    return provider.enrolment.open_citizen(
        part.number, part.phone, part.level, ACTOR, email=part.email, office=office
    )


def _register(provider: Provider, details: ClientMetadata, known: dict[str, Any]) -> None:
    if provider.clients.find(known["client_id"]) is not None:
        return
    if known["private_jwk"] is not None:
        details = replace(details, jwks={"keys": [public_part(known["private_jwk"])]})
    with provider.database.transaction():
        provider.clients.register(details, client_id=known["client_id"], secret=known["client_secret"])
        provider.audit.record(Event.CLIENT_REGISTERED, client_id=known["client_id"], actor=ACTOR)
