"""Who and what the demonstration shows. All invented; the numbers are those of the sample register."""

from dataclasses import dataclass

from idp.accounts.claims import POSTAL_CODE
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from idp.assurance import Level
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.tokens.claims import BY_NAME
from idp.oidc.tokens.rar import TYPES

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
MTLS_SUBJECT = "CN=mtls.example,O=Dinh Danh,C=VN"
# All that there is to be asked for, so that it can be tried.
SCOPES = (
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "identity",
    "person",
    "foreigner",
    "organisation",
    "offline_access",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One sample organisation: its code in the sample register, and the numbers of all who represent it.

    Where they are foreigners without a number here, ``authorised`` acts for a time: officers saw the papers.
    """

    code: str
    phone: str
    email: str
    representatives: tuple[str, ...] = ()
    authorised: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependant:
    """A sample child: number in the sample register, and that of the guardian who files."""

    number: str
    guardian: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A mandate that a representative gives: all three by their numbers."""

    principal: str
    giver: str
    agent: str
    role: Role
    services: tuple[str, ...] = ()
    limit_vnd: int | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One sample person: a number of the sample register, and how the account is set up."""

    number: str
    phone: str
    email: str
    level: Level
    has_totp: bool = True
    kind: Kind = Kind.CITIZEN

    def profile(self, name: str, given_name: str) -> dict[str, str]:
        """What no register knows, so that developers see every claim of OIDC Core 1.0 §5.1 once."""
        return {
            "nickname": given_name,
            "preferred_username": name,
            "profile": f"https://trang-ca-nhan.example/{name}",
            "picture": f"https://trang-ca-nhan.example/{name}.jpg",
            "website": f"https://{name}.example/",
            POSTAL_CODE: "10000",
        }


PEOPLE: dict[str, Part] = {
    "toan": Part("001083990000", "+84900000001", "toan@thu-dien-tu.example", Level.TWO),
    "quynh": Part("002167990037", "+84900000002", "quynh@thu-dien-tu.example", Level.TWO),
    "phuc": Part("006068990111", "+84900000003", "phuc@thu-dien-tu.example", Level.ONE),
    "long": Part("010099990185", "+84900000004", "long@thu-dien-tu.example", Level.TWO, has_totp=False),
    "yen": Part("020172990444", "+84900000005", "yen@thu-dien-tu.example", Level.ONE),
    "victim": Part("012077990259", "+84900000006", "victim@thu-dien-tu.example", Level.TWO),
    # Who acts for others. The others above act for themselves alone, and are never asked for whom.
    "huong": Part("015162997326", "+84900000011", "huong@thu-dien-tu.example", Level.TWO),
    "duyen": Part("040195993293", "+84900000012", "duyen@thu-dien-tu.example", Level.TWO),
    "hieu": Part("096089999287", "+84900000013", "hieu@thu-dien-tu.example", Level.TWO),
    "khoi": Part("048088991147", "+84900000014", "khoi@thu-dien-tu.example", Level.TWO),
    "dung": Part("036190990851", "+84900000015", "dung@thu-dien-tu.example", Level.TWO),
    "loan": Part("082192991887", "+84900000016", "loan@thu-dien-tu.example", Level.TWO),
    "hoa": Part("034198995439", "+84900000018", "hoa@thu-dien-tu.example", Level.TWO),
    "thao": Part("056160993663", "+84900000019", "thao@thu-dien-tu.example", Level.TWO),
    "anna": Part("900990000000", "+84900000017", "anna@thu-dien-tu.example", Level.TWO, kind=Kind.FOREIGNER),
}
HUONG, DUYEN, HIEU, ANNA, THAO = (PEOPLE[name].number for name in ("huong", "duyen", "hieu", "anna", "thao"))
# Who attests what they saw: two, for so many does it take with foreigners and papers.
OFFICERS = tuple(PEOPLE[name].number for name in ("toan", "quynh"))
OFFICE = "Công an phường Mẫu"

ORGANISATIONS: dict[str, Body] = {
    "thanhtan": Body(
        code="9000000006",
        phone="+84900000021",
        email="lien-he@thanh-tan.example",
        representatives=(HUONG,),
    ),
    "anlac": Body(
        code="9000000077",
        phone="+84900000022",
        email="lien-he@an-lac.example",
        representatives=(DUYEN, HIEU),
    ),
    "tanlap": Body(
        code="9000000126",
        phone="+84900000023",
        email="lien-he@tan-lap.example",
        representatives=(ANNA,),
    ),
    # Its director has a passport, and neither a number nor a residence card here.
    "vuoncau": Body(
        code="9000000140",
        phone="+84900000024",
        email="lien-he@vuon-cau.example",
        authorised=PEOPLE["loan"].number,
    ),
    "sotaichinh": Body(
        code="H25.00008",
        phone="+84900000025",
        email="lien-he@so-tai-chinh.example",
        representatives=(THAO,),
    ),
}


# Five and ten years old in November 2026: from seven on, a child is asked besides the guardian.
DEPENDANTS: dict[str, Dependant] = {
    "vinh": Dependant(number="031221995365", guardian=PEOPLE["hoa"].number),
    "ngan": Dependant(number="031316997696", guardian=PEOPLE["hoa"].number),
}
THANH_TAN, AN_LAC = (ORGANISATIONS[name].code for name in ("thanhtan", "anlac"))

# Each ends a year after it was given. One accountant serves two firms, up to a limit of each.
GIVEN = (
    Given(principal=THANH_TAN, giver=HUONG, agent=PEOPLE["khoi"].number, role=Role.MANAGER, depth=1),
    Given(
        principal=THANH_TAN,
        giver=HUONG,
        agent=PEOPLE["dung"].number,
        role=Role.ACCOUNTANT,
        limit_vnd=50_000_000,
    ),
    Given(
        principal=AN_LAC,
        giver=DUYEN,
        agent=PEOPLE["dung"].number,
        role=Role.ACCOUNTANT,
        limit_vnd=200_000_000,
    ),
    Given(
        principal=AN_LAC,
        giver=HIEU,
        agent=PEOPLE["loan"].number,
        role=Role.CLERK,
        services=("confidential",),
    ),
)

# Wrong tries lock the victim out even in the simulator: that is what the victim is there for.
SPARED = tuple(part.number for name, part in PEOPLE.items() if name != "victim")


def _client(name: str, vietnamese: str, **more: object) -> ClientMetadata:
    settings: dict[str, object] = {
        "client_name": {"vi": vietnamese, "en": f"Sample site {name}"},
        "redirect_uris": (f"https://{name}.example/callback",),
        "post_logout_redirect_uris": (f"https://{name}.example/signed-out",),
        "grant_types": ("authorization_code", "refresh_token"),
        "scope": SCOPES,
        "claims": BY_NAME,
    }
    return ClientMetadata(**(settings | more))  # type: ignore[arg-type]


CLIENTS: dict[str, ClientMetadata] = {
    "confidential": _client(
        "confidential",
        "Trang mẫu có máy chủ",
        grant_types=("authorization_code", "refresh_token", "client_credentials", DEVICE),
        scope=(*SCOPES, "reports"),
        acts_for=("organisation", "ward"),
        authorization_details_types=tuple(TYPES),
    ),
    "public": _client("public", "Ứng dụng mẫu", token_endpoint_auth_method="none"),
    "second": _client(
        "second",
        "Trang mẫu thứ hai",
        token_endpoint_auth_method="client_secret_post",
        grant_types=("authorization_code", "refresh_token", "client_credentials"),
        scope=(*SCOPES, "reports"),
        access_token_format="jwt",
    ),
    # Their public keys are put in when their private ones are made.
    "jwt": _client(
        "jwt",
        "Trang mẫu ký bằng khóa",
        token_endpoint_auth_method="private_key_jwt",
        grant_types=("authorization_code", "refresh_token", "client_credentials"),
        scope=(*SCOPES, "reports"),
    ),
    "dpop": _client(
        "dpop",
        "Trang mẫu gắn khóa",
        token_endpoint_auth_method="private_key_jwt",
        dpop_bound_access_tokens=True,
    ),
    # Only with TLS is there a certificate for it.
    "mtls": _client(
        "mtls",
        "Trang mẫu có chứng thư",
        token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_subject_dn=MTLS_SUBJECT,
        tls_client_certificate_bound_access_tokens=True,
        grant_types=("authorization_code", "refresh_token", "client_credentials"),
        scope=(*SCOPES, "reports"),
    ),
}


def portal(url: str) -> ClientMetadata:
    """The sample portal, at its address."""
    return ClientMetadata(
        client_name={"vi": "Cổng Dịch vụ công mẫu", "en": "Sample Public Services Portal"},
        redirect_uris=(f"{url}/callback",),
        post_logout_redirect_uris=(f"{url}/signed-out",),
        backchannel_logout_uri=f"{url}/backchannel-logout",
        scope=("openid", "profile", "phone"),
        acts_for=("organisation", "ward"),
        is_vetted=True,
        purpose={
            "vi": "điền sẵn hồ sơ dịch vụ công của bạn",
            "en": "fill in your public-service forms for you",
        },
        legal_basis="Nghị định 69/2024/NĐ-CP",
        retention="Đến khi bạn đăng xuất khỏi cổng",
    )
