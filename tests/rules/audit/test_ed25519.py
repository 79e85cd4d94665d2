"""The verifier's own Ed25519: the test vectors of RFC 8032, and another implementation's word."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tael_verify import ed25519

# RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e030"
            "3dca179c138ac17ad9bef1177331a704"
        ),
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc(public: str, message: str, signature: str) -> None:
    key, text, signed = (bytes.fromhex(one) for one in (public, message, signature))
    assert ed25519.verify(key, text, signed)
    assert not ed25519.verify(key, text + b"x", signed)
    for at in range(0, 64, 7):
        altered = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
        assert not ed25519.verify(key, text, altered)


def test_it_agrees_with_another_implementation() -> None:
    for number in range(24):
        private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public = private.public_key().public_bytes_raw()
        message = bytes(range(number))
        signature = private.sign(message)
        assert ed25519.verify(public, message, signature)
        assert not ed25519.verify(public[:-1] + bytes([public[-1] ^ 0x80]), message, signature)


@pytest.mark.parametrize(
    ("public", "signature"),
    [
        ("", "00" * 64),
        ("00" * 31, "00" * 64),
        (VECTORS[0][0], ""),
        (VECTORS[0][0], "00" * 63),
        # y is not below the prime; there is no such point; x would be minus zero.
        ("ff" * 32, VECTORS[0][2]),
        ("02" + "00" * 31, VECTORS[0][2]),
        ("01" + "00" * 30 + "80", VECTORS[0][2]),
        (VECTORS[0][0], "ff" * 32 + VECTORS[0][2][64:]),
    ],
)
def test_what_is_no_key_or_signature_verifies_nothing(public: str, signature: str) -> None:
    assert not ed25519.verify(bytes.fromhex(public), b"", bytes.fromhex(signature))


def test_a_signature_has_one_form() -> None:
    public, _, signature = (bytes.fromhex(one) for one in VECTORS[0])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    other = signature[:32] + scalar.to_bytes(32, "little")
    assert not ed25519.verify(public, b"", other)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(other, b"")
