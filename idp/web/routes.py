"""The whole URL map, in one table: what a view needs is handed to it here, and discovery reads it."""

from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask.views import MethodView

from idp.oidc.clients.registration import REGISTER
from idp.oidc.error_guide import PATH as ERRORS
from idp.provider import Provider
from idp.web.account_routes import ACCOUNT
from idp.web.endpoints import session_frame
from idp.web.endpoints.ciba import BackchannelAuthentication
from idp.web.endpoints.device import VERIFICATION, DeviceAuthorization
from idp.web.endpoints.health import Health
from idp.web.endpoints.introspect import Introspect
from idp.web.endpoints.par import PushedAuthorization
from idp.web.endpoints.registration import Register
from idp.web.endpoints.revoke import Revoke
from idp.web.endpoints.simulator import RESOURCE, AnswerCiba, Fault, Resource, RotateKeys, ShiftClock
from idp.web.endpoints.token import Token
from idp.web.endpoints.userinfo import UserInfo
from idp.web.hardening import FRAMED
from idp.web.pages import (
    applications,
    device,
    enrol,
    front,
    logout,
    signin,
)
from idp.web.route import Doors, Route


def enrolling(doors: Doors) -> tuple[Any, ...]:
    """What the pages of enrolment need."""
    return doors.surface, doors.provider.self_enrolment, doors.provider.recent


SIGN_IN: tuple[Route, ...] = (
    Route("/authorize", signin.Authorize, lambda d: (d.provider.requests, d.steps), "authorization_endpoint"),
    Route("/signin/<interaction_id>", signin.SignIn, lambda d: (d.steps,)),
    Route("/signin/<interaction_id>/identify", signin.IdentifyForm, lambda d: (d.steps,)),
    Route("/signin/<interaction_id>/prove/<method>", signin.ProveForm, lambda d: (d.steps,)),
    Route("/signin/<interaction_id>/choose/<method>", signin.ChooseForm, lambda d: (d.steps,)),
    Route("/signin/<interaction_id>/whom", signin.WhomForm, lambda d: (d.steps,)),
    Route("/signin/<interaction_id>/consent", signin.ConsentForm, lambda d: (d.steps,)),
    Route("/signin/<interaction_id>/restart", signin.RestartForm, lambda d: (d.steps,)),
    Route("/signin/<interaction_id>/cancel", signin.CancelForm, lambda d: (d.steps,)),
)
ROUTES: tuple[Route, ...] = (
    *ACCOUNT,
    *SIGN_IN,
    Route(
        "/token",
        Token,
        lambda d: (d.door, d.provider.redemption, d.provider.audit, d.provider.confirmations),
        "token_endpoint",
        is_api=True,
        is_shared=True,
    ),
    Route(
        "/par",
        PushedAuthorization,
        lambda d: (d.door, d.provider.requests, d.provider.confirmations.proofs),
        "pushed_authorization_request_endpoint",
        is_api=True,
        is_shared=True,
    ),
    Route(
        "/introspect",
        Introspect,
        lambda d: (d.door, d.provider.introspection),
        "introspection_endpoint",
        is_api=True,
    ),
    Route(
        "/revoke",
        Revoke,
        lambda d: (d.door, d.provider.revocation),
        "revocation_endpoint",
        is_api=True,
        is_shared=True,
    ),
    Route(
        "/device_authorization",
        DeviceAuthorization,
        lambda d: (d.door, d.provider.device_requests, d.provider.settings.issuer),
        "device_authorization_endpoint",
        is_api=True,
    ),
    Route(
        "/bc-authorize",
        BackchannelAuthentication,
        lambda d: (d.door, d.provider.backchannel_requests),
        "backchannel_authentication_endpoint",
        is_api=True,
    ),
    Route(VERIFICATION, device.Device, lambda d: (d.provider.user_codes, d.steps)),
    Route(
        f"{VERIFICATION}/answer",
        device.DeviceAnswer,
        lambda d: (d.provider.user_codes, d.provider.completion, d.steps),
    ),
    Route(f"{VERIFICATION}/answered", device.DeviceAnswered, lambda d: (d.steps,)),
    Route(
        "/userinfo",
        UserInfo,
        lambda d: (d.provider.userinfo, d.presented, d.provider.confirmations.proofs),
        "userinfo_endpoint",
        is_api=True,
        is_shared=True,
    ),
    Route(
        "/logout",
        logout.Logout,
        lambda d: (d.provider.logout, d.provider.sessions, d.provider.session_room.sign_out, d.steps),
        "end_session_endpoint",
    ),
    Route(
        REGISTER,
        Register,
        lambda d: (d.provider.registration, d.surface.addresses),
        "registration_endpoint",
        is_api=True,
    ),
    Route(FRAMED, session_frame.SessionFrame, lambda d: (d.surface,), "check_session_iframe"),
    Route("/health", Health, lambda d: (d.provider.check,), is_api=True),
    Route("/", front.Front, lambda d: (d.surface, d.provider.is_demo)),
    Route("/start/<client_id>", front.Start, lambda d: (d.provider.clients, d.provider.settings.issuer)),
    Route("/language/<language>", front.ChooseLanguage, lambda d: (d.surface,)),
    Route("/privacy", front.Privacy, lambda d: (d.surface,)),
    Route("/help", front.Help, lambda d: (d.surface,)),
    Route(ERRORS, front.ErrorGuide, lambda d: (d.surface,)),
    Route("/outbox", front.Outbox, lambda d: (d.surface, d.provider.outbox), is_demo=True),
    Route("/activate", enrol.Activate, lambda d: (d.surface, d.provider.enrolment, d.provider.password)),
    Route("/enrol", applications.Choose, lambda d: (d.surface,)),
    Route("/enrol/citizen", applications.CitizenForm, enrolling),
    Route("/enrol/foreigner", applications.ForeignerForm, enrolling),
    Route(applications.STATUS, applications.ApplicationStatus, enrolling),
    Route(
        "/simulator/rotate-keys",
        RotateKeys,
        lambda d: (d.provider.keyring, d.provider.audit),
        is_api=True,
        is_simulator=True,
    ),
    Route("/simulator/clock", ShiftClock, lambda d: (d.provider.clock,), is_api=True, is_simulator=True),
    Route(
        "/simulator/fault",
        Fault,
        lambda d: (d.provider.ephemeral, api_paths(d.provider)),
        is_api=True,
        is_simulator=True,
    ),
    Route(
        "/simulator/ciba",
        AnswerCiba,
        lambda d: (
            d.provider.pendings,
            d.provider.accounts,
            d.provider.clients,
            d.provider.sessions,
            d.provider.completion,
            d.provider.clock,
        ),
        is_api=True,
        is_simulator=True,
    ),
    Route(
        RESOURCE,
        Resource,
        lambda d: (d.provider.userinfo, d.presented, d.provider.confirmations.proofs),
        is_api=True,
        is_simulator=True,
    ),
)
JWKS = "/jwks"
WELL_KNOWN = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


def routes(provider: Provider) -> Iterator[Route]:
    """Those of this house: the demonstration's and the simulator's only where it is one."""
    for route in ROUTES:
        if not provider.features.has_address(route.path, route.member):
            continue
        if (provider.is_demo or not route.is_demo) and (provider.is_simulator or not route.is_simulator):
            yield route


def api_paths(provider: Provider) -> frozenset[str]:
    """Where errors are JSON."""
    return frozenset({route.path for route in routes(provider) if route.is_api} | {JWKS, *WELL_KNOWN})


def shared_paths(provider: Provider) -> frozenset[str]:
    """What pages of every origin may call (docs/decisions/0014)."""
    return frozenset({route.path for route in routes(provider) if route.is_shared} | {JWKS, *WELL_KNOWN})


def endpoints(provider: Provider) -> dict[str, str]:
    """Discovery's members, each with its path."""
    return {"jwks_uri": JWKS} | {route.member: route.path for route in routes(provider) if route.member}


def mtls_aliases(provider: Provider, origin: str | None) -> dict[str, str]:
    """What clients call with certificates, at its other address; people's pages have none (RFC 8705 §5)."""
    if origin is None:
        return {}
    return {route.member: origin + route.path for route in routes(provider) if route.member and route.is_api}


def direct(doors: Doors) -> dict[str, MethodView]:
    """The views that are asked without Flask, by address: a sign-in's, and those for programs."""
    return {
        route.path: route.view(*route.needs(doors))
        for route in routes(doors.provider)
        if route.is_api or route in SIGN_IN
    }


def mount(app: Flask, doors: Doors) -> None:
    """Hang every view on its address."""
    for route in routes(doors.provider):
        name = f"{route.view.__module__.rpartition('.')[2]}.{route.view.__name__}"
        app.add_url_rule(route.path, view_func=route.view.as_view(name, *route.needs(doors)))
