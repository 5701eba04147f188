"""Every page in its states, with invented people: what the render and the browser tests show."""

from datetime import UTC, datetime
from types import SimpleNamespace

import segno
from markupsafe import Markup

from idp.oidc.error_guide import GUIDE
from idp.web.pages.history import OF_OTHERS
from tests.pages_dependants import DEPENDANTS
from tests.pages_enrolment import ENROLMENT
from tests.pages_organisations import ORGANISATIONS

PORTAL = SimpleNamespace(
    name="Cổng Dịch vụ công mẫu",
    domain="dichvucong.example",
    is_vetted=True,
    initials="DV",
    logo_url=None,
    policy_url="https://dichvucong.example/du-lieu",
    terms_url="https://dichvucong.example/dieu-khoan",
)
SHOP = SimpleNamespace(
    name="Trung tâm Hỗ trợ thủ tục hành chính và tư vấn pháp luật Đồng bằng",
    domain="thutuc-tuvan-phapluat-dongbang.example",
    is_vetted=False,
    initials="TT",
    logo_url=None,
    policy_url=None,
    terms_url=None,
)
AT = datetime(2026, 11, 20, 3, 15, tzinfo=UTC)
PURPOSE = {"vi": "cấp phiếu lý lịch tư pháp", "en": "issue a criminal-record certificate"}
SIGN_IN = {"party": PORTAL, "action": "#", "form_token": "token", "error": None, "cancel_action": "#"}
PROVE = {
    **SIGN_IN,
    "others": [("sms_otp", "#")],
    "masked_username": "••• ••• ••• 234",
    "masked_phone": "••• ••• 678",
    "resend_action": "#",
    "restart_action": "#",
    "is_step_up": False,
    "is_resent": False,
}
ERROR = {"party": None, "reference": "q3Zt0c7Yw1E", "description": None, "return_url": None}
CONSENT = {
    "party": PORTAL,
    "action": "#",
    "form_token": "token",
    "purpose": PURPOSE["vi"],
    "acting_for": None,
    "as_guardian": False,
    "must_agree": False,
    "error": None,
    "whom_action": None,
    "acts": [],
    "keeps_access": False,
    "legal_basis": None,
    "retention": None,
    "policy_url": None,
    "tos_url": None,
}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1"


def wrong(code, **facts):
    return {"code": code, "facts": facts}


def item(key, label, value, note="", *, is_required=True):
    return SimpleNamespace(key=key, label=label, value=value, note=note, is_required=is_required)


def session(number, agent, level=2):
    return SimpleNamespace(id=number, agent=agent, created_at=AT, seen_at=AT, level=level)


def event(name, client_id=None, **facts):
    return SimpleNamespace(event=name, at=AT, client_id=client_id, facts=facts)


def authenticator(method, label="", used=AT):
    return SimpleNamespace(id=method, method=method, label=label, created_at=AT, last_used_at=used)


def consent(client_id, scope, claims=(), purpose=None, **more):
    given = SimpleNamespace(client_id=client_id, scope=scope, claims=claims, purpose=purpose, given_at=AT)
    given.child_agreed = False
    usual = {"id": "0192f0c1", "terms": {}, "ended_at": None, "due_at": None, "article": None}
    return SimpleNamespace(**{**usual, "confirmed_at": None, "consent": given, **more})


WITHDRAWN = {"ended_at": AT, "due_at": AT, "article": "356/2025 Art. 5"}


def mandate(number, role, limit=None, ends_at=None, **more):
    usual = {"services": frozenset(), "depth": 0, "starts_at": AT, "granted_by": "somebody"}
    return SimpleNamespace(
        **{**usual, "id": number, "role": role, "limit_vnd": limit, "ends_at": ends_at, **more}
    )


def named(name, hint="••• ••• ••• 106"):
    return SimpleNamespace(identity=SimpleNamespace(name=name), number_hint=hint)


def pending(number, message):
    waiting = SimpleNamespace(id=number)
    return SimpleNamespace(waiting=waiting, binding_message=message, created_at=AT, expires_at=AT)


def wanted(*scope, claims=()):
    named = tuple(SimpleNamespace(name=name) for name in claims)
    return SimpleNamespace(scope=scope, claims=SimpleNamespace(individual=lambda: named))


NAME = item("name", "Họ và tên", "Nguyễn Thị Minh An")
BIRTH = item("birthdate", "Ngày sinh", "04/03/2004")
PROVINCE = item("province", "Nơi thường trú (tỉnh)", "Đồng Tháp", "Chỉ tên tỉnh, không kèm địa chỉ")
ADDRESS = item(
    "address",
    "Nơi thường trú",
    "Số 12, đường Hoa Sen, ấp Mỹ Thạnh, xã Mỹ Hiệp, tỉnh Đồng Tháp",
    "Địa chỉ đầy đủ",
    is_required=False,
)
EMAIL = item("email", "Thư điện tử", "nguyenphuoctonnuhoangthienhuong@phongnghiepvu.thanhpho.example")
PHONE_NUMBER = item("phone_number", "Số điện thoại", "+84 912 345 678", is_required=False)
HOLDER = SimpleNamespace(number_hint="••• ••• ••• 234", phone_hint="••• ••• 678", level="02", activated_at=AT)
QR = Markup(
    segno.make("otpauth://totp/DinhDanh:079?secret=JBSWY3DPEHPK3PXP", error="m").svg_inline(
        scale=5, border=2, omitsize=True
    )
)
OWN = {"action": "#", "form_token": "token"}

OPTIONS = [
    (mandate(1, "representative"), named("Công ty Lúa Vàng")),
    (
        mandate(2, "accountant", 50_000_000, AT),
        named("Công ty trách nhiệm hữu hạn một thành viên Thương mại và Dịch vụ Vận tải biển Đồng bằng"),
    ),
    (mandate(3, "guardian"), named("Nguyễn Văn Bảo", "••• ••• ••• 771")),
]


def held(mandate, account, services=(), **more):
    usual = {"may_end": True, "may_hand_on": False, "principal": None}
    return SimpleNamespace(**{**usual, "mandate": mandate, "account": account, "services": services, **more})


BY_LAW = mandate(1, "representative", depth=2, granted_by=None)
RECEIVED = [
    held(
        mandate(1, "representative", depth=2, granted_by=None), OPTIONS[0][1], may_end=False, may_hand_on=True
    ),
    held(OPTIONS[1][0], OPTIONS[1][1], ("Thuế điện tử mẫu", "Hải quan một cửa mẫu")),
    held(mandate(3, "guardian", ends_at=AT, granted_by=None), OPTIONS[2][1], may_end=False),
]
GIVEN = [
    held(mandate(4, "accountant", 50_000_000, AT), named("Lê Văn Cường"), principal="Công ty Lúa Vàng"),
    held(
        mandate(5, "clerk"), named("Phạm Thị Diệu Linh"), ("Thuế điện tử mẫu",), principal="Công ty Lúa Vàng"
    ),
]
NOTHING_TYPED = {"username": "", "name": "", "role": "", "limit_vnd": "", "last_day": ""}
MANDATE_FORM = {
    **OWN,
    "under": mandate(1, "representative", depth=2),
    "principal": "Công ty Lúa Vàng",
    "roles": ["manager", "accountant", "clerk", "authorised_person"],
    "services": [("tax", "Thuế điện tử mẫu"), ("customs", "Hải quan một cửa mẫu")],
    "typed": NOTHING_TYPED,
    "ticked": frozenset({"tax"}),
    "hands_on": False,
    "error": None,
}

RECEIPT = {
    "record": consent("portal", {"openid", "profile"}),
    "party": PORTAL,
    "name": PORTAL.name,
    "purpose": PURPOSE["vi"],
    "terms": {"legal_basis": "Nghị định 69/2024/NĐ-CP, Điều 19", "retention": "5 năm"},
    "shared": ["name", "birthdate", "gender", "province"],
    "state": "given",
    "address": "/account/consents",
}

HISTORY = {
    "reads": [],
    "me": "0193",
    "whose": None,
    "since": None,
    "of_others": OF_OTHERS,
    "address": "/account/history",
    "lock": "/account/lock",
    "offices": {"0192": "Công an phường Bình An"},
    "part": "",
    "parts": ["sign_ins", "looks"],
    "older": None,
    "is_first": True,
    "retention": SimpleNamespace(years=5, article="69/2024 Art. 17"),
}
SEEN = [
    SimpleNamespace(
        kind="register",
        at=AT,
        source="Sổ dân cư mẫu",
        document=None,
        officer=None,
        article="69/2024 Art. 7.1.a",
    ),
    SimpleNamespace(
        kind="in_person",
        at=AT,
        source="Công an phường Bình An",
        document="idcard",
        officer="0192",
        article="69/2024 Art. 10.2",
    ),
]


def member(key, label, value):
    return SimpleNamespace(key=key, label=label, value=value)


IDENTITY = {
    **OWN,
    "account": SimpleNamespace(kind="citizen", updated_at=AT),
    "members": [
        member("number", "Số định danh", "••• ••• ••• 234"),
        member("phone", "Điện thoại", "••• ••• 678"),
        member("name", "Họ và tên", "Nguyễn Thị Minh An"),
        member("birth_date", "Ngày sinh", "04/03/2004"),
        member("address", "Nơi thường trú", "Số 12, ấp Mỹ Thạnh, xã Mỹ Hiệp, tỉnh Đồng Tháp"),
    ],
    "is_whole": False,
    "evidence": SEEN,
    "acted_for": [
        (
            SimpleNamespace(id="019a0000", role="guardian"),
            SimpleNamespace(
                kind="citizen", identity=SimpleNamespace(name="Nông Bích Ngân"), number_hint="••• ••• ••• 001"
            ),
        )
    ],
    "waiting": 1,
    "done": None,
}
DEADLINE = SimpleNamespace(due_on=AT.date(), article="356/2025 Art. 5")


def correction(number, stage, **more):
    usual = {"member": "address", "right": "Số 14, ấp Mỹ Thạnh", "filed_at": AT, "acknowledged_at": None}
    ends = {"decided_at": None, "answer": None, "is_waiting": False, "deadline": None}
    return SimpleNamespace(**{**usual, **ends, "id": number, "stage": stage, **more})


CORRECTIONS = {
    **OWN,
    "corrections": [
        correction(1, "filed", is_waiting=True, deadline=DEADLINE),
        correction(2, "acknowledged", is_waiting=True, deadline=DEADLINE),
        correction(3, "corrected", decided_at=AT),
        correction(4, "refused", decided_at=AT, answer="Giấy khai sinh ghi như cơ sở dữ liệu."),
    ],
    "members": IDENTITY["members"],
    "typed": {"member": "", "right": "", "reason": ""},
    "done": None,
    "error": None,
}
LEVEL_ONE = SimpleNamespace(kind="citizen", level="01")
HOLDER_KIND = SimpleNamespace(kind="citizen", level="02")
CHECKS = ("card_seen", "face_compared", "fingerprints_taken")
RAISING = SimpleNamespace(
    attestation=SimpleNamespace(checks=CHECKS, officers=2, article="69/2024 Art. 11.2"),
    term=SimpleNamespace(within=3, unit="working_days", article="69/2024 Art. 13.1.b"),
)
FILED = [
    SimpleNamespace(
        case="citizen_02",
        state="waiting_in_person",
        filed_at=AT,
        is_decided=False,
        decided_at=None,
        reason=None,
        deadline=DEADLINE,
    ),
    SimpleNamespace(
        case="citizen_without_valid_card",
        state="waiting_card",
        filed_at=AT,
        is_decided=False,
        decided_at=None,
        reason=None,
        deadline=DEADLINE,
    ),
]

# name of the state: (template, context)
STATES = {
    **ENROLMENT,
    **DEPENDANTS,
    **ORGANISATIONS,
    "signin-empty": ("signin.html", {**SIGN_IN, "username": ""}),
    "signin-hinted": ("signin.html", {**SIGN_IN, "username": "079204001234"}),
    "signin-wrong": (
        "signin.html",
        {
            **SIGN_IN,
            "username": "079204001234",
            "error": wrong("proof_rejected.signin", method="password", attempts_left=3),
        },
    ),
    "signin-paused": (
        "signin.html",
        {**SIGN_IN, "username": "079204001234", "error": wrong("too_many_attempts", minutes=4)},
    ),
    "signin-unvetted": ("signin.html", {**SIGN_IN, "party": SHOP, "username": ""}),
    "signin-own": ("signin.html", {**SIGN_IN, "party": None, "username": ""}),
    "prove-password": ("prove.html", {**PROVE, "method": "password", "others": []}),
    "prove-totp": ("prove.html", {**PROVE, "method": "totp"}),
    "prove-totp-step-up": ("prove.html", {**PROVE, "method": "totp", "is_step_up": True, "others": []}),
    "prove-totp-wrong": (
        "prove.html",
        {
            **PROVE,
            "method": "totp",
            "error": wrong("proof_rejected.totp", method="totp", attempts_left=2),
        },
    ),
    "prove-sms": ("prove.html", {**PROVE, "method": "sms_otp", "others": [("totp", "#")]}),
    "prove-sms-resent": (
        "prove.html",
        {**PROVE, "method": "sms_otp", "others": [], "is_resent": True},
    ),
    "consent": ("consent.html", {**CONSENT, "items": [NAME, BIRTH, PROVINCE]}),
    "consent-full": (
        "consent.html",
        {
            **CONSENT,
            "party": SHOP,
            "items": [NAME, BIRTH, EMAIL, ADDRESS, PHONE_NUMBER],
            "acts": [{"label": "Xin bạn đồng ý một khoản thanh toán", "rows": [("Số tiền", "50.000 đồng")]}],
            "keeps_access": True,
            "legal_basis": "Nghị định 69/2024/NĐ-CP, Điều 19",
            "retention": "5 năm",
            "policy_url": "https://thutuc.example/rieng-tu",
            "tos_url": "https://thutuc.example/dieu-khoan",
        },
    ),
    "consent-nothing": ("consent.html", {**CONSENT, "items": [], "purpose": None}),
    "consent-guardian": (
        "consent.html",
        {
            **CONSENT,
            "items": [NAME, BIRTH],
            "acting_for": "Nông Bích Ngân",
            "as_guardian": True,
            "must_agree": True,
            "error": {"code": "child_not_asked", "facts": {}},
            "whom_action": "#",
        },
    ),
    "consent-acting": (
        "consent.html",
        {**CONSENT, "items": [NAME, ADDRESS], "acting_for": "Công ty Lúa Vàng", "whom_action": "#"},
    ),
    "whom": ("choose_whom.html", {**SIGN_IN, "myself": "Nguyễn Thị Minh An", "options": OPTIONS}),
    "whom-demanded": ("choose_whom.html", {**SIGN_IN, "party": SHOP, "myself": None, "options": OPTIONS[:2]}),
    "error-client": (
        "error.html",
        {**ERROR, "error": wrong("unknown_client"), "description": "client_id: unknown; got portal-2"},
    ),
    "error-expired": (
        "error.html",
        {**ERROR, "party": PORTAL, "error": wrong("interaction_expired"), "return_url": "#"},
    ),
    "error-busy": ("error.html", {**ERROR, "error": wrong("unavailable"), "return_url": "#"}),
    "error-guide": ("error_guide.html", {"guide": GUIDE}),
    "logout": ("logout.html", {"party": PORTAL, "carried": {"state": "s"}, **OWN}),
    "logout-own": ("logout.html", {"party": None, "carried": {}, **OWN}),
    "logged-out": ("logged_out.html", {"party": PORTAL, "return_url": "#", "frames": ()}),
    "logged-out-own": ("logged_out.html", {"party": None, "return_url": None, "frames": ()}),
    "front": ("frontpage.html", {"is_demo": True}),
    "activate": ("activate.html", {**OWN, "username": "", "is_sent": False, "is_done": False, "error": None}),
    "activate-done": (
        "activate.html",
        {**OWN, "username": "", "is_sent": False, "is_done": True, "error": None},
    ),
    "activate-wrong": (
        "activate.html",
        {
            **OWN,
            "username": "079204001234",
            "is_sent": False,
            "is_done": False,
            "error": wrong("password_unfit.too_short", reason="too_short", shortest=8, longest=128),
        },
    ),
    "activate-sent": (
        "activate.html",
        {**OWN, "username": "079204001234", "is_sent": True, "is_done": False, "error": None},
    ),
    "device": ("device.html", {**OWN, "user_code": "", "error": None}),
    "device-compare": ("device.html", {**OWN, "user_code": "WDJBM-JHTXK", "error": None}),
    "device-unknown": (
        "device.html",
        {**OWN, "user_code": "WDJBM-JHTXK", "error": wrong("user_code_unknown")},
    ),
    "device-confirm": (
        "device_confirm.html",
        {
            **OWN,
            "party": SHOP,
            "user_code": "WDJBM-JHTXK",
            "asked": wanted("openid", "profile", "phone"),
            "acts": [],
        },
    ),
    "device-allowed": ("device_answered.html", {"done": "request_allowed"}),
    "device-refused": ("device_answered.html", {"done": "request_refused"}),
    "device-late": ("device_answered.html", {"done": "request_late"}),
    "outbox": (
        "outbox.html",
        {
            "messages": [
                SimpleNamespace(at=AT, to="+84912345678", text="Định Danh: mã của bạn là 493 027."),
                SimpleNamespace(at=AT, to="+84987654321", text="Định Danh: mã kích hoạt là 118 204."),
            ]
        },
    ),
    "outbox-empty": ("outbox.html", {"messages": []}),
    "privacy": ("privacy.html", {}),
    "help": ("help.html", {}),
    "account": (
        "account/home.html",
        {"account": HOLDER, "claims": {"name": NAME.value}, "level": 2, "waiting": 2},
    ),
    "security": (
        "account/security.html",
        {
            **OWN,
            "authenticators": [authenticator("password"), authenticator("totp", "Điện thoại của An", None)],
            "masked_phone": "••• ••• 678",
            "done": "totp_added",
        },
    ),
    "security-bare": (
        "account/security.html",
        {**OWN, "authenticators": [authenticator("password")], "masked_phone": None, "done": None},
    ),
    "totp": (
        "account/totp.html",
        {**OWN, "qr_svg": QR, "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "label": "", "error": None},
    ),
    "totp-wrong": (
        "account/totp.html",
        {
            **OWN,
            "qr_svg": QR,
            "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "label": "An",
            "error": wrong("proof_rejected.enrolment", method="totp", attempts_left=None),
        },
    ),
    "password": ("account/password.html", {**OWN, "masked_username": "••• ••• ••• 234", "error": None}),
    "password-wrong": (
        "account/password.html",
        {
            **OWN,
            "masked_username": "••• ••• ••• 234",
            "error": wrong("password_unfit.breached", reason="breached", shortest=8, longest=128),
        },
    ),
    "mandates": (
        "account/mandates.html",
        {**OWN, "received": RECEIVED, "given": GIVEN, "new": "#", "done": "mandate_given", "error": None},
    ),
    "mandates-none": (
        "account/mandates.html",
        {**OWN, "received": [], "given": [], "new": "#", "done": None, "error": wrong("mandate_over")},
    ),
    "mandate": ("account/mandate.html", MANDATE_FORM),
    "mandate-wider": (
        "account/mandate.html",
        {
            **MANDATE_FORM,
            "under": mandate(1, "manager", 50_000_000, AT, depth=1),
            "roles": ["accountant", "clerk"],
            "typed": {**NOTHING_TYPED, "limit_vnd": "90.000.000", "role": "clerk"},
            "error": wrong("mandate_wider.limit", article="91/2015 Art. 564.2"),
        },
    ),
    "sessions": (
        "account/sessions.html",
        {
            **OWN,
            "sessions": [session(1, AGENT), session(2, PHONE), session(3, "curl", 1)],
            "current": 1,
            "done": None,
        },
    ),
    "sessions-one": (
        "account/sessions.html",
        {**OWN, "sessions": [session(1, AGENT)], "current": 1, "done": "others_ended"},
    ),
    "consents": (
        "account/consents.html",
        {
            **OWN,
            "address": "/account/consents",
            "consents": [
                (consent("portal", {"openid", "profile"}, {"province"}, PURPOSE["vi"]), PORTAL),
                (consent("shop", {"openid", "phone", "address", "offline_access"}), SHOP),
                (consent("gone", {"openid"}), None),
            ],
            "withdrawn": [
                (consent("shop", {"openid"}, **WITHDRAWN), SHOP, "telling"),
                (consent("portal", {"openid"}, **WITHDRAWN, confirmed_at=AT), PORTAL, "confirmed"),
            ],
            "done": None,
        },
    ),
    "consents-none": (
        "account/consents.html",
        {**OWN, "address": "#", "consents": [], "withdrawn": [], "done": "consent_withdrawn"},
    ),
    "receipt": ("account/receipt.html", RECEIPT),
    "receipt-dependant": ("account/receipt.html", {**RECEIPT, "address": "#"}),
    "receipt-withdrawn": (
        "account/receipt.html",
        {
            **RECEIPT,
            "record": consent(
                "portal", {"openid", "offline_access"}, terms={"legal_basis": "x"}, **WITHDRAWN
            ),
            "shared": [],
            "state": "told",
        },
    ),
    "lock": ("account/lock.html", {**OWN, "done": None}),
    "locked": ("account/locked.html", {}),
    "requests": (
        "account/requests.html",
        {
            **OWN,
            "requests": [
                (
                    pending("1", "W4SCT, quầy 3"),
                    wanted("openid", "profile", claims=("province",)),
                    PORTAL,
                    [],
                    None,
                ),
                (pending("2", None), wanted("openid"), SHOP, [], "Nông Bích Ngân"),
            ],
            "done": None,
        },
    ),
    "requests-none": ("account/requests.html", {**OWN, "requests": [], "done": "request_allowed"}),
    "history": (
        "account/history.html",
        {
            "events": [
                event("sign_in.completed", "portal", address="203.0.113.7", amr="password totp", level=2),
                event("account.viewed", actor="cli"),
                event("account.viewed", actor="0192"),
                event("sign_in.proof_refused", method="totp", address="203.0.113.7"),
                event("authenticator.enrolled", method="totp"),
                event("account.activated"),
            ],
            "parties": {"portal": PORTAL},
            **HISTORY,
            "older": "2026-11-20T03:15:00+00:00",
        },
    ),
    "history-looks": (
        "account/history.html",
        {
            **HISTORY,
            "part": "looks",
            "reads": [
                SimpleNamespace(client_id="portal", times=12, last_at=AT),
                SimpleNamespace(client_id="gone", times=1, last_at=AT),
            ],
            "events": [event("account.viewed", actor="cli")],
            "parties": {"portal": PORTAL, "gone": None},
        },
    ),
    "history-none": ("account/history.html", {"events": [], "parties": {}, **HISTORY}),
    "identity": ("account/identity.html", IDENTITY),
    "identity-acted-for": (
        "account/acted_for.html",
        {
            **IDENTITY,
            "account": SimpleNamespace(kind="citizen", identity=SimpleNamespace(name="Nông Bích Ngân")),
            "role": "guardian",
        },
    ),
    "identity-whole": ("account/identity.html", {**IDENTITY, "is_whole": True, "evidence": []}),
    "corrections": ("account/corrections.html", CORRECTIONS),
    "corrections-none": (
        "account/corrections.html",
        {**CORRECTIONS, "corrections": [], "error": wrong("correction_misshaped")},
    ),
    "level": (
        "account/level.html",
        {"account": LEVEL_ONE, "raising": RAISING, "seen": [], "applications": FILED},
    ),
    "level-two": (
        "account/level.html",
        {"account": HOLDER_KIND, "raising": None, "seen": SEEN, "applications": []},
    ),
    "export": ("account/export.html", {**OWN, "whose": None, "since": None, "done": None}),
}
