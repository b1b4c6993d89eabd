"""The platform's small certificate authority: a root, an issuing authority under it, and what they sign (RFC 5280).

Private keys are files of their owner only, in ``<DATA>/keys/ca``. No Django, no database: rows of what was issued are
kept by ``nganam.lgsp.certificates``. The root's key is needed only to make the next issuing authority; between two
it may be taken away and kept elsewhere.
"""

import fcntl
import hashlib
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPublicKeyTypes,
    CertificatePublicKeyTypes,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs7,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from nganam.lgsp.envoy.decided import SCHEME
from nganam.lgsp.swapping import replace, write_private

ROOT_DAYS, ISSUING_DAYS, SERVER_DAYS, LONGEST_DAYS = 7300, 1825, 90, 398
# An issuing authority is succeeded while it still outlives every certificate it could sign.
SUCCEED_BEFORE = timedelta(days=LONGEST_DAYS + 30)
RENEW_SERVER_BEFORE = timedelta(days=30)
# A certificate is good from a little before it was made: clocks of clients differ.
BACKDATED = timedelta(minutes=5)
LONGEST_REQUEST = 16_384

AuthorityKey = ec.EllipticCurvePrivateKey
ClientKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class BadRequest(ValueError):
    """A request that cannot be signed; its text is ``private``, ``long``, ``unreadable``, ``kind`` or ``forged``."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed certificate: its chain as PEM, and what it is known by (serial and fingerprints in lower-case hex)."""

    pem: str
    serial: str
    fingerprint: str
    key_digest: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Server:
    """What a TLS listener needs: its chain, its key, and the authorities it trusts, all PEM."""

    chain: str
    key: str
    trusted: str


def read_request(pem: str) -> x509.CertificateSigningRequest:
    """Return a PKCS#10 request whose key and proof of possession are good; raise ``BadRequest``.

    Only its key is used: whoever asks does not choose the name that is signed.
    """
    if "PRIVATE KEY" in pem:
        raise BadRequest("private")
    if len(pem) > LONGEST_REQUEST:
        raise BadRequest("long")
    try:
        request = x509.load_pem_x509_csr(pem.strip().encode())
        key, signed = request.public_key(), request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise BadRequest("unreadable") from error
    if not isinstance(key, ed25519.Ed25519PublicKey) and not _is_on_curve(key):
        raise BadRequest("kind")
    if not signed:
        raise BadRequest("forged")
    return request


def _is_on_curve(key: object) -> bool:
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)


def key_digest(request: x509.CertificateSigningRequest) -> str:
    """Return the digest a public key is known by, whatever certificate it stands in."""
    return _spki(request.public_key())


def _spki(key: CertificatePublicKeyTypes | CertificateIssuerPublicKeyTypes) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


class Authority:
    """The authority of one data folder; made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    # -- what it is --

    def trusted(self) -> str:
        """Return the certificates a verifier must know: the root, and every issuing authority there has been."""
        return "".join(path.read_text("ascii") for path in (self._folder / "root.pem", *self._issuing_files()))

    def _issuing_files(self) -> list[Path]:
        return sorted(self._folder.glob("issuing-*.pem"))

    def ensure(self, at: datetime) -> bool:
        """Make the root and an issuing authority, or succeed an old one; return whether anything was made."""
        with self._held():
            newest = self._issuing_files()[-1:]
            if newest and _end(_certificate(newest[0])) - at > SUCCEED_BEFORE:
                return False
            if not (self._folder / "root.pem").exists():
                self._make_root(at)
            self._make_issuing(at)
            return True

    @contextmanager
    def _held(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_root(self, at: datetime) -> None:
        key = ec.generate_private_key(ec.SECP384R1())
        name = _name("Ngã Năm LGSP – gốc")
        builder = _builder(name, name, key.public_key(), at, ROOT_DAYS)
        signed = _as_authority(builder, key, below=1).sign(key, SHA384())
        self._keep("root", key, signed)

    def _make_issuing(self, at: datetime) -> None:
        root, root_key = self._pair("root")
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Ngã Năm LGSP – cấp chứng thư {at:%Y%m%d%H%M%S}")
        builder = _builder(name, root.subject, key.public_key(), at, ISSUING_DAYS)
        signed = _as_authority(builder, root_key, below=0).sign(root_key, SHA384())
        self._keep(f"issuing-{at:%Y%m%d%H%M%S}", key, signed)

    def _keep(self, name: str, key: AuthorityKey, certificate: x509.Certificate) -> None:
        # The key first: a certificate without its key would be taken for an authority that can sign.
        write_private(self._folder / f"{name}.key", _private(key))
        replace(self._folder / f"{name}.pem", certificate.public_bytes(Encoding.PEM))

    def _pair(self, name: str) -> tuple[x509.Certificate, AuthorityKey]:
        key = load_pem_private_key((self._folder / f"{name}.key").read_bytes(), None)
        if not isinstance(key, AuthorityKey):
            raise TypeError(name)
        return _certificate(self._folder / f"{name}.pem"), key

    def _issuing(self) -> tuple[x509.Certificate, AuthorityKey]:
        return self._pair(self._issuing_files()[-1].stem)

    # -- what it signs --

    def issue(
        self, request: x509.CertificateSigningRequest, identity: str, *, at: datetime, days: int, crl_url: str
    ) -> Issued:
        """Sign a client's certificate for ``identity``; of the request (:func:`read_request`) only the key counts."""
        issuing, signer = self._issuing()
        key = request.public_key()
        if not isinstance(key, ClientKey):
            raise BadRequest("kind")
        name = _name(identity.removeprefix(SCHEME)[-64:])
        builder = _leaf(_builder(name, issuing.subject, key, at, days), signer, ExtendedKeyUsageOID.CLIENT_AUTH)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]), critical=False
        )
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        signed = builder.sign(signer, SHA256())
        return Issued(
            pem=_pem(signed) + _pem(issuing), serial=f"{signed.serial_number:x}",
            fingerprint=signed.fingerprint(SHA256()).hex(), key_digest=_spki(key), not_after=_end(signed),
        )  # fmt: skip

    def server(self, hosts: Sequence[str], at: datetime) -> Server:
        """Return the gateway's own certificate for ``hosts``; a new one when it nears its end or the hosts changed."""
        with self._held():
            if not self._server_serves(hosts, at):
                self._make_server(hosts, at)
            _leaf_pem, key = self._folder / "server.pem", self._folder / "server.key"
            return Server(_leaf_pem.read_text("ascii"), key.read_text("ascii"), self.trusted())

    def _server_serves(self, hosts: Sequence[str], at: datetime) -> bool:
        try:
            present, key = self._pair("server")
        except FileNotFoundError:
            return False
        names = present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        # A key of another certificate stands there when making the last one was cut short between its two files.
        return (
            present.public_key() == key.public_key()
            and list(names) == _hosts(hosts)
            and _end(present) - at > RENEW_SERVER_BEFORE
        )

    def _make_server(self, hosts: Sequence[str], at: datetime) -> None:
        issuing, signer = self._issuing()
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(hosts[0][:64]), issuing.subject, key.public_key(), at, SERVER_DAYS)
        builder = _leaf(builder, signer, ExtendedKeyUsageOID.SERVER_AUTH)
        signed = builder.add_extension(x509.SubjectAlternativeName(_hosts(hosts)), critical=False).sign(
            signer, SHA256()
        )
        write_private(self._folder / "server.key", _private(key))
        replace(self._folder / "server.pem", (_pem(signed) + _pem(issuing)).encode())

    def crl(self, revoked: Iterable[tuple[str, datetime]], at: datetime, *, good_for: timedelta) -> bytes:
        """Return the signed list (DER) of revoked certificates: serial in hex and when."""
        issuing, signer = self._issuing()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuing.subject)
            .last_update(at)
            .next_update(at + good_for)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        )
        for serial, when in revoked:
            one = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(when).build()
            builder = builder.add_revoked_certificate(one)
        return builder.sign(signer, SHA256()).public_bytes(Encoding.DER)

    def as_pkcs7(self, pem: str | None = None) -> bytes:
        """Return certificates (of ``pem``, else those to trust) as the DER that EST sends (RFC 7030 4.1.3, 4.2.3)."""
        found = x509.load_pem_x509_certificates((pem or self.trusted()).encode())
        return pkcs7.serialize_certificates(found, Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ClientKey, at: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BACKDATED)
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _as_authority(builder: x509.CertificateBuilder, signer: AuthorityKey, *, below: int) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )


def _leaf(
    builder: x509.CertificateBuilder, signer: AuthorityKey, purpose: x509.ObjectIdentifier
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _hosts(hosts: Sequence[str]) -> list[x509.GeneralName]:
    return [_host(one) for one in hosts]


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text.encode("idna").decode())


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def _end(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc.astimezone(UTC)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _private(key: AuthorityKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
