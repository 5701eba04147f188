"""Fills an empty house with sample people and relying parties, and tells of them in demo.json."""

import secrets
from pathlib import Path
from typing import Any

from idp.accounts.account import Account
from idp.audit.events import Event
from idp.authenticators.totp import new_secret
from idp.demo.cast import CLIENTS, PEOPLE, Part, portal
from idp.migrations import migrate
from idp.oidc.clients.metadata import ClientMetadata
from idp.provider import Provider
from idp.registers.sample import SAMPLE_PEOPLE

WORDS = ("sen", "tre", "lua", "song", "nui", "may", "gio", "nang", "trang", "sao", "bien", "rung", "suoi")


def prepare(provider: Provider, portal_url: str | None) -> dict[str, Any]:
    """Everything that demo.json tells of people and clients; the house was empty before."""
    migrate(provider.database)
    provider.keyring.initialise()
    report = provider.register.import_csv(SAMPLE_PEOPLE)
    provider.audit.record(
        Event.REGISTER_IMPORTED, register="population", accepted=report.accepted, refused=report.refused_count
    )
    accounts = {name: _person(provider, part) for name, part in PEOPLE.items()}
    clients = {name: _client(provider, name, details) for name, details in CLIENTS.items()}
    if portal_url is not None:
        clients["portal"] = _client(provider, "portal", portal(portal_url))
    return {"clients": clients, "accounts": accounts, "operators": {}}


def add_portal(provider: Provider, portal_url: str) -> dict[str, Any]:
    """The portal's client, in a house that was filled before without it."""
    return _client(provider, f"portal-{secrets.token_hex(4)}", portal(portal_url))


def _person(provider: Provider, part: Part) -> dict[str, Any]:
    """An account that is opened, activated and equipped as its holder would have done."""
    account = provider.enrolment.open_citizen(part.number, part.phone, part.level, "demo")
    provider.accounts.activate(account.id)
    provider.audit.record(Event.ACCOUNT_ACTIVATED, account_id=account.id, actor="demo")
    password = "-".join(secrets.choice(WORDS) for _ in range(3)) + f"-{secrets.randbelow(10**4):04}"
    provider.password.set_password(account.id, password)
    secret = _totp(provider, account) if part.has_totp else None
    return {
        "username": part.number,
        "password": password,
        "totp_secret": secret,
        "kind": account.kind.value,
        "level": part.level.value,
        "phone": part.phone,
        "name": account.identity.name,
    }


def _totp(provider: Provider, account: Account) -> str:
    secret = new_secret()
    provider.authenticators.add(account.id, "totp", secret.encode("ascii"), "demo")
    return secret


def _client(provider: Provider, client_id: str, details: ClientMetadata) -> dict[str, Any]:
    client, secret = provider.clients.register(details, client_id=client_id)
    provider.audit.record(Event.CLIENT_REGISTERED, client_id=client.client_id, actor="demo")
    return {
        "client_id": client.client_id,
        "client_secret": secret,
        "auth_method": details.token_endpoint_auth_method,
        "redirect_uri": details.redirect_uris[0],
        "post_logout_redirect_uri": details.post_logout_redirect_uris[0],
        "scope": " ".join(details.scope),
        "private_jwk": None,
    }


def write_private(path: Path, text: str) -> None:
    """A file that only its owner may read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
