// Journeys of openid-client, one a process: `node openid_client.mjs JOURNEY`.
//
// Speaks in lines of JSON. The first one in is demo.json. What it asks of a person with a browser goes out, and how
// that went comes in; the last line out is {"done": what the test looks at}. A failure ends it with its stack.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import { createInterface } from "node:readline";
import { CompactEncrypt, importJWK } from "jose";
import * as client from "openid-client";

const SCOPE = "openid profile phone offline_access";
const CODE = "authorization_code";
const CIBA = "urn:openid:params:grant-type:ciba";
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const ES256 = { name: "ECDSA", namedCurve: "P-256" };

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function hear() {
  return JSON.parse((await lines.next()).value);
}

function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

async function ask(what) {
  say(what);
  return hear();
}

async function discovered(told, name, authentication) {
  const config = await client.discovery(
    new URL(told.issuer),
    told.clients[name].client_id,
    { id_token_signed_response_alg: "ES256" },
    authentication,
  );
  client.enableNonRepudiationChecks(config);
  return config;
}

async function registered(told, metadata, authentication) {
  const config = await client.dynamicClientRegistration(
    new URL(told.issuer),
    { client_name: "Trang đăng ký", redirect_uris: ["https://foreign.example/callback"], ...metadata },
    authentication,
  );
  client.enableNonRepudiationChecks(config);
  return config;
}

// A key pair whose public part can be registered, and whose private part signs under its `kid`.
async function newKey(kid) {
  const pair = await crypto.subtle.generateKey({ ...ES256 }, true, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const jwk = { kty, crv, x, y, kid, use: "sig", alg: "ES256" };
  return { jwks: { keys: [jwk] }, signing: { key: pair.privateKey, kid } };
}

async function keyOf(jwk) {
  const { key_ops: _, use: __, alg: ___, ...bare } = jwk;
  return { key: await crypto.subtle.importKey("jwk", bare, ES256, false, ["sign"]), kid: jwk.kid };
}

// What a request must match in its answer, and the parameters that say so.
async function newRequest(redirect_uri, more = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedNonce = client.randomNonce();
  const expectedState = client.randomState();
  return {
    checks: { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected: true },
    parameters: {
      redirect_uri,
      scope: SCOPE,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
      nonce: expectedNonce,
      state: expectedState,
      acr_values: "urn:dinhdanh:aal:1",
      ...more,
    },
  };
}

// Notes the nonces of our proofs, and makes a stale one of the first that the server gives.
function forgetful(config) {
  const seen = { nonces: [], refusals: 0 };
  config[client.customFetch] = async (url, options) => {
    const proof = new Headers(options.headers).get("dpop");
    if (proof) {
      seen.nonces.push(JSON.parse(Buffer.from(proof.split(".")[1], "base64url")).nonce ?? null);
    }
    const answer = await fetch(url, options);
    if (answer.headers.get("dpop-nonce") && seen.nonces.length === 1) {
      const headers = new Headers(answer.headers);
      headers.set("dpop-nonce", "stale");
      return new Response(answer.body, { status: answer.status, headers });
    }
    seen.refusals += answer.status === 400 || answer.status === 401 ? 1 : 0;
    return answer;
  };
  return seen;
}

// Counts the parts of every token that comes to be read: five where it is encrypted, three where it is not.
function counting(config) {
  const parts = [];
  config[client.customFetch] = async (url, options) => {
    const answer = await fetch(url, options);
    const text = await answer.clone().text();
    const token = text.startsWith("{") ? JSON.parse(text).id_token : text;
    if (token) {
      parts.push(token.split(".").length);
    }
    return answer;
  };
  return parts;
}

// A fetch that shows a client's certificate, and notes at which ports.
function showing(told, { certificate_file, certificate_key_file }, ports) {
  const tls = Object.entries({ cert: certificate_file, key: certificate_key_file, ca: told.ca_file });
  const read = Object.fromEntries(tls.map(([name, file]) => [name, readFileSync(file)]));
  return (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      ports.push(Number(new URL(url).port));
      const options = { ...read, method, headers: Object.fromEntries(new Headers(headers)) };
      const asked = request(url, options, async (answer) => {
        const parts = await Array.fromAsync(answer);
        const { statusCode: status, headers } = answer;
        resolve(new Response(parts.length ? Buffer.concat(parts) : null, { status, headers }));
      });
      asked.on("error", reject);
      asked.end(body ? String(body) : undefined);
    });
}

// Where a provider tells that somebody has answered; the first time it does.
async function listening() {
  let heard;
  const first = new Promise((resolve) => { heard = resolve; });
  const server = createServer(async (asked, answer) => {
    const body = Buffer.concat(await Array.fromAsync(asked));
    answer.writeHead(204).end();
    heard({ authorization: asked.headers.authorization, ...JSON.parse(body) });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/ping`, first };
}

async function code(told) {
  const { client_secret, redirect_uri, post_logout_redirect_uri } = told.clients.confidential;
  const config = await discovered(told, "confidential", client.ClientSecretBasic(client_secret));
  const { parameters, checks } = await newRequest(redirect_uri);
  const { left_for } = await ask({ open: client.buildAuthorizationUrl(config, parameters).href });
  const tokens = await client.authorizationCodeGrant(config, new URL(left_for), checks);
  const claims = tokens.claims();
  const known = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
  const looked = await client.tokenIntrospection(config, fresh.access_token);
  await client.tokenRevocation(config, fresh.refresh_token);
  const after = await client.tokenIntrospection(config, fresh.access_token);
  const logout = client.buildEndSessionUrl(config, {
    id_token_hint: fresh.id_token ?? tokens.id_token,
    post_logout_redirect_uri,
    state: "bye",
  });
  const goodbye = await ask({ open: logout.href });
  return { claims, known, looked, after, goodbye: goodbye.left_for };
}

// Everything of FAPI 2.0 Message Signing: requests signed and pushed, answers signed, tokens bound to a key.
async function fapi(told) {
  const { jwks, signing } = await newKey("fapi");
  const config = await registered(
    told,
    {
      profile: "fapi2",
      require_signed_request_object: true,
      token_endpoint_auth_method: "private_key_jwt",
      grant_types: [CODE, "refresh_token"],
      id_token_signed_response_alg: "ES256",
      dpop_bound_access_tokens: true,
      jwks,
    },
    client.PrivateKeyJwt(signing),
  );
  const seen = forgetful(config);
  client.useJwtResponseMode(config);
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const { parameters, checks } = await newRequest("https://foreign.example/callback");
  const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, signing, {
    [client.modifyAssertion]: (_, payload) => {
      payload.nbf ??= payload.iat;
    },
  });
  const pushed = await client.buildAuthorizationUrlWithPAR(config, signed.searchParams, { DPoP });
  const { left_for } = await ask({ open: pushed.href });
  const tokens = await client.authorizationCodeGrant(config, new URL(left_for), checks, undefined, { DPoP });
  const claims = tokens.claims();
  const known = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  const resource = new URL(`${told.issuer}/simulator/resource`);
  const again = await client.fetchProtectedResource(
    config, fresh.access_token, resource, "GET", undefined, undefined, { DPoP },
  );
  await client.tokenRevocation(config, fresh.refresh_token);
  return {
    claims,
    known,
    asked: [...pushed.searchParams.keys()].sort(),
    answered: [...new URL(left_for).searchParams.keys()],
    type: tokens.token_type,
    again: await again.json(),
    ...seen,
  };
}

// FAPI 2.0 with a certificate instead: it proves the client, and its tokens are bound to it.
async function mtls(told) {
  const { client_id } = (await registered(
    told,
    {
      profile: "fapi2",
      token_endpoint_auth_method: "tls_client_auth",
      tls_client_auth_subject_dn: "CN=mtls.example,O=Dinh Danh,C=VN",
      tls_client_certificate_bound_access_tokens: true,
      grant_types: [CODE, "refresh_token"],
      id_token_signed_response_alg: "ES256",
    },
    client.TlsClientAuth(),
  )).clientMetadata();
  const ports = [];
  const metadata = { id_token_signed_response_alg: "ES256", use_mtls_endpoint_aliases: true };
  const config = await client.discovery(new URL(told.issuer), client_id, metadata, client.TlsClientAuth());
  config[client.customFetch] = showing(told, told.clients.mtls, ports);
  const { parameters, checks } = await newRequest("https://foreign.example/callback");
  const pushed = await client.buildAuthorizationUrlWithPAR(config, parameters);
  const { left_for } = await ask({ open: pushed.href });
  const tokens = await client.authorizationCodeGrant(config, new URL(left_for), checks);
  const claims = tokens.claims();
  const known = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
  const resource = new URL(`https://localhost:${told.mtls_port}/simulator/resource`);
  const again = await client.fetchProtectedResource(config, fresh.access_token, resource, "GET");
  const shown = [...new Set(ports)];
  config[client.customFetch] = fetch;
  return {
    claims,
    known,
    again: await again.json(),
    ports: shown,
    without: await refusal(client.fetchUserInfo(config, fresh.access_token, claims.sub)),
    redeemed: await refusal(client.refreshTokenGrant(config, fresh.refresh_token ?? tokens.refresh_token)),
  };
}

// A request signed by us, encrypted to the provider, and pushed.
async function enclosed(told) {
  const { jwks, signing } = await newKey("enclosed");
  const config = await registered(
    told,
    {
      token_endpoint_auth_method: "private_key_jwt",
      grant_types: [CODE],
      id_token_signed_response_alg: "ES256",
      request_object_signing_alg: "ES256",
      request_object_encryption_alg: "RSA-OAEP-256",
      request_object_encryption_enc: "A256GCM",
      jwks,
    },
    client.PrivateKeyJwt(signing),
  );
  const { keys } = await (await fetch(config.serverMetadata().jwks_uri)).json();
  const theirs = keys.find((key) => key.use === "enc" && key.alg === "RSA-OAEP-256");
  const { parameters, checks } = await newRequest("https://foreign.example/callback");
  const signed = (await client.buildAuthorizationUrlWithJAR(config, parameters, signing)).searchParams;
  const sealed = await new CompactEncrypt(new TextEncoder().encode(signed.get("request")))
    .setProtectedHeader({ alg: theirs.alg, enc: "A256GCM", kid: theirs.kid, cty: "oauth-authz-req+jwt" })
    .encrypt(await importJWK(theirs, theirs.alg));
  const pushed = await client.buildAuthorizationUrlWithPAR(config, {
    client_id: signed.get("client_id"),
    request: sealed,
  });
  const { left_for } = await ask({ open: pushed.href });
  const tokens = await client.authorizationCodeGrant(config, new URL(left_for), checks);
  const known = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  return { parts: sealed.split(".").length, known };
}

// A signed request in the browser's own address, and an assertion by a key of the sample relying party.
async function signed(told) {
  const { private_jwk, redirect_uri } = told.clients.jwt;
  const key = await keyOf(private_jwk);
  const config = await discovered(told, "jwt", client.PrivateKeyJwt(key));
  const { parameters, checks } = await newRequest(redirect_uri);
  const url = await client.buildAuthorizationUrlWithJAR(config, parameters, key);
  const { left_for } = await ask({ open: url.href });
  const tokens = await client.authorizationCodeGrant(config, new URL(left_for), checks);
  return { asked: [...url.searchParams.keys()].sort(), claims: tokens.claims() };
}

// ID token, UserInfo and introspection signed, and encrypted to keys of the client.
async function sealed(told) {
  const rsa = { name: "RSA-OAEP", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const pairs = {
    "RSA-OAEP-256": await crypto.subtle.generateKey(rsa, true, ["decrypt"]),
    "ECDH-ES": await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]),
  };
  const keys = [];
  for (const [alg, { publicKey }] of Object.entries(pairs)) {
    const { key_ops: _, ext: __, ...jwk } = await crypto.subtle.exportKey("jwk", publicKey);
    keys.push({ ...jwk, kid: `for ${alg}`, use: "enc", alg });
  }
  const config = await registered(
    told,
    {
      grant_types: [CODE, "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
      id_token_encrypted_response_alg: "RSA-OAEP-256",
      userinfo_signed_response_alg: "ES256",
      userinfo_encrypted_response_alg: "ECDH-ES",
      userinfo_encrypted_response_enc: "A256GCM",
      introspection_signed_response_alg: "ES256",
      introspection_encrypted_response_alg: "ECDH-ES",
      jwks: { keys },
    },
    client.ClientSecretPost(),
  );
  const privates = Object.entries(pairs).map(([alg, { privateKey }]) => ({ key: privateKey, alg, kid: `for ${alg}` }));
  client.enableDecryptingResponses(config, undefined, ...privates);
  const parts = counting(config);
  const { parameters, checks } = await newRequest("https://foreign.example/callback");
  const { left_for } = await ask({ open: client.buildAuthorizationUrl(config, parameters).href });
  const tokens = await client.authorizationCodeGrant(config, new URL(left_for), checks);
  const claims = tokens.claims();
  return {
    claims,
    known: await client.fetchUserInfo(config, tokens.access_token, claims.sub),
    looked: await client.tokenIntrospection(config, tokens.access_token),
    parts,
  };
}

async function device(told) {
  const config = await registered(
    told,
    {
      application_type: "native",
      redirect_uris: [],
      response_types: [],
      grant_types: [DEVICE, "refresh_token"],
      token_endpoint_auth_method: "none",
      client_uri: "https://tv.example",
    },
    client.None(),
  );
  const begun = await client.initiateDeviceAuthorization(config, { scope: SCOPE });
  await ask({ enter: begun.verification_uri_complete });
  const tokens = await client.pollDeviceAuthorizationGrant(config, begun);
  const known = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  return { claims: tokens.claims(), known };
}

async function ciba(told) {
  const { jwks, signing } = await newKey("counter");
  const config = await registered(
    told,
    {
      redirect_uris: [],
      response_types: [],
      grant_types: [CIBA],
      token_endpoint_auth_method: "private_key_jwt",
      backchannel_token_delivery_mode: "poll",
      jwks,
    },
    client.PrivateKeyJwt(signing),
  );
  const begun = await client.initiateBackchannelAuthentication(config, {
    scope: "openid profile",
    login_hint: told.accounts.quynh.username,
    binding_message: "Q-17",
  });
  await ask({ allow: begun.auth_req_id });
  const tokens = await client.pollBackchannelAuthenticationGrant(config, begun);
  const known = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  return { claims: tokens.claims(), known };
}

// As ``ciba``, but told when to come.
async function ping(told) {
  const { jwks, signing } = await newKey("pinged");
  const receiver = await listening();
  const config = await registered(
    told,
    {
      redirect_uris: [],
      response_types: [],
      grant_types: [CIBA],
      token_endpoint_auth_method: "private_key_jwt",
      backchannel_token_delivery_mode: "ping",
      backchannel_client_notification_endpoint: receiver.url,
      jwks,
    },
    client.PrivateKeyJwt(signing),
  );
  const token = client.randomState();
  const { auth_req_id } = await client.initiateBackchannelAuthentication(config, {
    scope: "openid profile",
    login_hint: told.accounts.toan.username,
    binding_message: "P-18",
    client_notification_token: token,
  });
  const early = await refusal(client.genericGrantRequest(config, CIBA, { auth_req_id }));
  await ask({ allow: auth_req_id });
  const pinged = await receiver.first;
  const tokens = await client.genericGrantRequest(config, CIBA, { auth_req_id: pinged.auth_req_id });
  return {
    early,
    is_ours: pinged.authorization === `Bearer ${token}` && pinged.auth_req_id === auth_req_id,
    known: await client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck),
  };
}

// What of a refusal the library understood: the class that it has for it, and what it read.
async function refusal(promise) {
  const error = await promise.then(
    () => ({ name: "it was not refused" }),
    (caught) => caught,
  );
  const challenge = error instanceof client.WWWAuthenticateChallengeError ? error.cause[0] : {};
  return {
    name: error.name,
    status: error.status ?? null,
    error: error.error ?? challenge.parameters?.error ?? null,
    scheme: challenge.scheme ?? null,
  };
}

async function refusals(told) {
  const { client_secret, redirect_uri } = told.clients.confidential;
  const config = await discovered(told, "confidential", client.ClientSecretBasic(client_secret));
  const wrong = await discovered(told, "confidential", client.ClientSecretBasic("guessed"));
  const silent = await newRequest(redirect_uri, { prompt: "none" });
  const nobody = await ask({ open: client.buildAuthorizationUrl(config, silent.parameters).href });
  const { parameters, checks } = await newRequest(redirect_uri);
  const { left_for } = await ask({ open: client.buildAuthorizationUrl(config, parameters).href });
  const guessed = { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
  return {
    nobody: await refusal(client.authorizationCodeGrant(config, new URL(nobody.left_for), silent.checks)),
    verifier: await refusal(client.authorizationCodeGrant(config, new URL(left_for), guessed)),
    token: await refusal(client.fetchUserInfo(config, "stolen", client.skipSubjectCheck)),
    secret: await refusal(client.clientCredentialsGrant(wrong, { scope: "reports" })),
  };
}

const journeys = { code, fapi, mtls, enclosed, ping, signed, sealed, device, ciba, refusals };
say({ done: await journeys[process.argv[2]](await hear()) });
process.exit(0);
