"""The exchange log: one line per call, with D45's groups and X-Road's operational monitoring names.

D45 asks for (a) time and form, (b) the asking side's code, (c) what was asked, (d) status and the data shared, (đ)
other. The data itself is not logged: the version, the number of records and of fields say what was shared without
copying it. Of bodies the digest is logged: what the data server says of the body it sent (``Content-Digest``, RFC
9530), or what the gateway itself has seen pass (``digests``), which goes before; of a request that reached the data
server, what that one read.
"""

from nganam.lgsp.envoy.shapes import Json, extension

TOKEN = "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:payload:{})%"  # noqa: S105 - a command of Envoy's, not a secret
SEEN = "%DYNAMIC_METADATA(lgsp.digest:{})%"
MARK, PART = "lgsp2", "\x1f"
"""What a line begins with: the order of its parts, to be raised when :data:`LINE` changes; and what stands between two.

No header, path or claim can hold the unit separator: Envoy refuses control signs before it logs, so nobody's text can
make a part of its own. JSON, which would quote it, cost a third of the gateway's work for a call.
"""
LINE: dict[str, str] = {
    # (a) time and form
    "at": "%START_TIME(%Y-%m-%dT%H:%M:%S.%6fZ)%",
    "requestOutMs": "%REQUEST_TX_DURATION%",
    "responseInMs": "%RESPONSE_DURATION%",
    "responseOutMs": "%DURATION%",
    "restMethod": "%REQ(:METHOD)%",
    # (b) who asked
    "consumer": TOKEN.format("sub"),  # not the header: a call refused early still carries what the caller wrote there
    "consumerCertified": "%DYNAMIC_METADATA(lgsp.peer:consumer)%",
    "clientId": TOKEN.format("client_id"),
    "tokenId": TOKEN.format("jti"),
    "clientCertificate": "%DOWNSTREAM_PEER_FINGERPRINT_256%",
    # a call that goes beyond the province keeps it in metadata only (``upstreams.UNSAID``): never both
    "representedParty": "%REQ(X-ROAD-REPRESENTED-PARTY):128%%DYNAMIC_METADATA(lgsp.said:represented):128%",
    "clientAddress": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    # of the token: an agency's own system does not say whose call it answers
    "accounts": TOKEN.format("acc"),
    # (c) what was asked; the collector takes instance, member, subsystem and code from the identifier
    "service": "%METADATA(ROUTE:lgsp:id)%",
    "restPath": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH):2048%",
    "purpose": TOKEN.format("purpose"),
    "requestDigestSeen": SEEN.format("request"),
    "requestSize": "%BYTES_RECEIVED%",
    # (d) status and what was shared
    "statusCode": "%RESPONSE_CODE%",
    "responseSize": "%BYTES_SENT%",
    "account": "%RESP(X-LGSP-ACCOUNT):40%",
    "fields": "%RESP(X-LGSP-FIELDS):20%",
    "records": "%RESP(X-LGSP-RECORDS):20%",
    "version": "%RESP(X-LGSP-VERSION):20%",
    "responseDigest": "%RESP(CONTENT-DIGEST):300%",
    "responseDigestSeen": SEEN.format("response"),
    # (đ) other
    "xRequestId": "%REQ(X-REQUEST-ID)%",
    "messageId": "%REQ(X-ROAD-ID):128%",
    "messageUserId": "%REQ(X-ROAD-USERID):128%",
    "messageIssue": "%REQ(X-ROAD-ISSUE):256%",
    "faultCode": "%RESP(X-ROAD-ERROR):100%",
    "faultString": "%RESPONSE_CODE_DETAILS%",
    "snapshot": "%DYNAMIC_METADATA(lgsp:snapshot)%",
    "servingSnapshot": "%RESP(X-LGSP-SNAPSHOT):20%",
    "flags": "%RESPONSE_FLAGS%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    # since lgsp2: what the data server has read; agencies' systems cannot say it (upstreams.NOT_THEIRS)
    "requestDigestRead": "%RESP(X-LGSP-REQUEST-DIGEST):60%",
}
OLDER = {"lgsp1": 1}
"""Marks that may still stand in files, and how many of the last parts their lines are without."""
LOG_FILE = "./log/access.log"
HEALTH = "/healthz"


def access_log() -> list[Json]:
    """Return the log of the connection manager; health checks are not exchanges and are left out."""
    match = {
        "name": ":path", "string_match": {"exact": HEALTH}, "invert_match": True, "treat_missing_header_as_empty": True,
    }  # fmt: skip
    log = extension(
        "envoy.access_loggers.file",
        "envoy.extensions.access_loggers.file.v3.FileAccessLog",
        path=LOG_FILE,
        log_format={
            "text_format_source": {"inline_string": PART.join((MARK, *LINE.values())) + "\n"},
            "omit_empty_values": True,
        },
    )
    return [{**log, "filter": {"header_filter": {"header": match}}}]
