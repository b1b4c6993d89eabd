"""A certificate authority, signers and signed PDFs, all made on the spot and all by the real tools."""

from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

import scenes_letters as scenes

AT = scenes.AT


def named(name, organisation=""):
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name(parts)


class Authority:
    """Issues certificates; ``pem`` is its root."""

    def __init__(self, name="CA Thử nghiệm"):
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), named(name)
        self.root = self._certificate(self.name, self.key, ca=True)
        self.pem = self.root.public_bytes(serialization.Encoding.PEM)

    def _certificate(
        self, subject, key, *, ca=False, start=datetime(2026, 1, 1, tzinfo=UTC), days=3650, signs=True, stamps=False
    ):
        usage = x509.KeyUsage(
            digital_signature=signs, content_commitment=signs, key_encipherment=not signs, data_encipherment=False,
            key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        purposes = [ExtendedKeyUsageOID.TIME_STAMPING if stamps else ExtendedKeyUsageOID.EMAIL_PROTECTION]
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        made = made if ca else made.add_extension(x509.ExtendedKeyUsage(purposes), critical=stamps)
        return made.sign(self.key, hashes.SHA256())

    def signer(self, name="Trần Văn Minh", organisation="Sở Khoa học và Công nghệ", **how):
        # The library's timestamper for tests signs with RSA only.
        key = rsa.generate_private_key(65537, 2048) if how.get("stamps") else ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(named(name, organisation), key, **how)
        der = serialization.Encoding.DER
        secret = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return SimpleSigner(
            asn1.Certificate.load(certificate.public_bytes(der)),
            keys.PrivateKeyInfo.load(secret),
            SimpleCertificateStore.from_certs([]),
        )

    def revoked(self, *signers, days=0):
        """Make a revocation list of this authority with the signers' certificates, for 30 days from ``AT + days``."""
        made = AT + timedelta(days=days) - timedelta(hours=1)
        told = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(made)
            .next_update(made + timedelta(days=30))
        )
        for one in signers:
            entry = x509.RevokedCertificateBuilder().serial_number(one.signing_cert.serial_number).revocation_date(made)
            told = told.add_revoked_certificate(entry.build())
        return told.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def timestamper(self, when):
        by = self.signer("Dấu thời gian", stamps=True)
        return DummyTimeStamper(by.signing_cert, by.signing_key, fixed_dt=when)


@cache
def authority():
    return Authority()


@cache
def letter():
    from nganam.documents.letters import pdf

    return pdf.render(scenes.issued(scenes.decision()))


def signed(data=None, *, by=None, field="ChuKy1", timestamper=None, **metadata):
    writer = IncrementalPdfFileWriter(BytesIO(data or letter()))
    how = PdfSignatureMetadata(field_name=field, **metadata)
    return sign_pdf(
        writer, how, signer=by or authority().signer(), timestamper=timestamper, existing_fields_only=False
    ).getvalue()


def appended(data, change):
    writer = IncrementalPdfFileWriter(BytesIO(data))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
