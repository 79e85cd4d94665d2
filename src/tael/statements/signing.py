"""The bank's key for signing statements, and the signature on a printed one (PAdES).

A real bank names its key and certificate by file. A sandbox makes its own the first time that one
is needed: the key is kept sealed, the certificate speaks for itself alone.
"""

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.faults import OperatorFault
from tael.kernel.sealed import Sealer
from tael.statements.errors import NoSigningKey

VERSION: Final = 1
LIFE: Final = timedelta(days=3650)
FIELD: Final = "BankSignature"

_CONTEXT: Final = "statements.signer"
_NAME: Final = "Tael sandbox statements"


class SigningKeyInvalid(OperatorFault):
    """The files that name the key for signing statements do not hold one, or not one that fits."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What statements are signed with: a private key (PKCS#8) and its certificate, both DER."""

    key: bytes = field(repr=False)
    certificate: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in pairs of digits, as readers show it."""
        digest = x509.load_der_x509_certificate(self.certificate).fingerprint(hashes.SHA256())
        return digest.hex(":").upper()

    @property
    def pem(self) -> str:
        """The certificate, to be given to anybody."""
        certificate = x509.load_der_x509_certificate(self.certificate)
        return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_of_files(key_file: Path, certificate_file: Path) -> SigningKey:
    """The deployment's own key and certificate, both PEM; raises `SigningKeyInvalid`."""
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    except (OSError, ValueError, TypeError) as fault:
        raise SigningKeyInvalid(f"the key for signing statements cannot be read: {fault}") from None
    if key.public_key() != certificate.public_key():
        raise SigningKeyInvalid("the certificate for signing statements is of another key")
    return SigningKey(_pkcs8(key), certificate.public_bytes(serialization.Encoding.DER))


async def kept_key(session: ReadSession, sealer: Sealer) -> SigningKey | None:
    """The sandbox's own key, once it was made."""
    row = await session.fetchrow(
        "SELECT key_sealed, certificate FROM statements_signers WHERE version = $1", VERSION
    )
    if row is None:
        return None
    return SigningKey(sealer.unseal(row["key_sealed"], context=_CONTEXT), row["certificate"])


async def make_key(session: WriteSession, sealer: Sealer, *, now: datetime) -> SigningKey:
    """Make the sandbox's own key; of two who make one at once, the first one's stands.

    Refuses `statements.no_signing_key` for a real bank, which names its own.
    """
    if not session.clock_moves:
        raise NoSigningKey
    made = _self_issued(now)
    await session.execute(
        """
        INSERT INTO statements_signers (version, key_sealed, certificate, made_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (version) DO NOTHING
        """,
        VERSION,
        sealer.seal(made.key, context=_CONTEXT),
        made.certificate,
        now,
    )
    kept = await kept_key(session, sealer)
    assert kept is not None
    return kept


def signed(pdf: bytes, key: SigningKey) -> bytes:
    """The document with the bank's signature over all of it. Runs no event loop's thread."""
    [certificate] = load_certs_from_pemder_data(key.certificate)
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=load_private_key_from_pemder_data(key.key, None),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # as it ships
    )
    terms = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    made = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), terms, signer=signer)
    octets: bytes = made.getvalue()
    return octets


def _self_issued(now: datetime) -> SigningKey:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNS_DOCUMENTS, critical=True)
        .sign(key, hashes.SHA256())
    )
    return SigningKey(_pkcs8(key), certificate.public_bytes(serialization.Encoding.DER))


_SIGNS_DOCUMENTS: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _pkcs8(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
