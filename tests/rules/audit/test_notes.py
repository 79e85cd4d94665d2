"""Signed notes: the examples of C2SP, of Go's sumdb/note, and of a log in the wild."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tael.audit.notes import (
    NoteBroken,
    NoteKey,
    TreeHead,
    VerifierKey,
    cosigned,
    line_of,
    sign,
    signed_by,
)
from tael_verify.notes import Key, Malformed, open_checkpoint, open_inclusion, open_link

# https://pkg.go.dev/golang.org/x/mod/sumdb/note
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ANSWER = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNED = (
    f"{ANSWER}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

# https://c2sp.org/signed-note, test vectors
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

# A checkpoint of a public log with the cosignatures of public witnesses.
ARCHE = (
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
)
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
STAGEMOLE = "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv"
ARCHE_NOTE = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501 - as it was published

ALICE = NoteKey("log.example", Ed25519PrivateKey.from_private_bytes(b"a" * 32))
HEAD = TreeHead("log.example", 7, b"r" * 32)


def neumann() -> NoteKey:
    seed = base64.b64decode(NEUMANN_SECRET)[1:]
    return NoteKey("PeterNeumann", Ed25519PrivateKey.from_private_bytes(seed))


@pytest.mark.parametrize("text", [NEUMANN, EXAMPLE, ARCHE, REMORA, STAGEMOLE])
def test_a_published_key_is_read_and_written(text: str) -> None:
    assert str(VerifierKey.parse(text)) == text
    assert Key.parse(text).key_id == VerifierKey.parse(text).key_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+!!!!",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        NEUMANN.replace("PeterNeumann", "Peter Neumann"),
        NEUMANN.replace("a3+", "a4+"),
        NEUMANN.replace("TW", "TX"),
    ],
)
def test_a_mangled_key_is_refused(text: str) -> None:
    with pytest.raises(NoteBroken):
        VerifierKey.parse(text)
    with pytest.raises(Malformed):
        Key.parse(text)


def test_we_sign_as_go_does() -> None:
    assert sign(ANSWER, [neumann()]) == SIGNED
    assert str(neumann().verifier) == NEUMANN


@pytest.mark.parametrize(("note", "key"), [(SIGNED, NEUMANN), (EXAMPLE_NOTE, EXAMPLE)])
def test_published_notes_verify(note: str, key: str) -> None:
    parsed = VerifierKey.parse(key)
    assert signed_by(note, [parsed]) == [parsed]
    with pytest.raises(NoteBroken):
        signed_by(note.replace("a", "b", 1), [parsed])


def test_a_checkpoint_in_the_wild_verifies_with_its_witnesses() -> None:
    keys = [VerifierKey.parse(text) for text in (ARCHE, REMORA, STAGEMOLE)]
    assert signed_by(ARCHE_NOTE, keys) == keys
    opened = open_checkpoint(ARCHE_NOTE, [Key.parse(text) for text in (ARCHE, REMORA, STAGEMOLE)])
    assert (opened.origin, opened.size) == (keys[0].name, 1_432_088_532)
    assert opened.signers == (keys[0].name,)
    assert [name for name, _ in opened.witnesses] == [keys[1].name, keys[2].name]
    assert TreeHead.parse(ARCHE_NOTE).size == opened.size


def test_an_altered_checkpoint_does_not_verify() -> None:
    for altered in (
        ARCHE_NOTE.replace("1432088532", "1432088533"),
        ARCHE_NOTE.replace("U7WM", "V7WM"),
        ARCHE_NOTE.replace("kWqZrx", "kWqZsx"),
    ):
        with pytest.raises(Malformed, match="does not belong"):
            open_checkpoint(altered, [Key.parse(ARCHE)])
        with pytest.raises(NoteBroken, match="does not belong"):
            signed_by(altered, [VerifierKey.parse(ARCHE)])
    # What a witness did not sign spoils the note, even where the log's own signature is right.
    with pytest.raises(Malformed, match=r"remora\.n621\.de"):
        open_checkpoint(ARCHE_NOTE.replace("F3V06", "F3V07"), [Key.parse(ARCHE), Key.parse(REMORA)])


def test_a_checkpoint_needs_a_key_of_its_log() -> None:
    for keys in ([], [Key.parse(REMORA)], [Key.parse(NEUMANN)]):
        with pytest.raises(Malformed, match="no key that you trust"):
            open_checkpoint(ARCHE_NOTE, keys)
    # Somebody else's signature on our checkpoint makes it no checkpoint of his log.
    note = sign(HEAD.text(), [neumann()])
    with pytest.raises(Malformed, match="no key that you trust"):
        open_checkpoint(note, [Key.parse(NEUMANN)])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        HEAD.text(),
        f"{HEAD.text()}\n",
        f"{HEAD.text()}\n— log.example\n",
        f"{HEAD.text()}\n- log.example AAAA\n",
        sign(HEAD.text(), [ALICE]).removesuffix("\n"),
        sign(HEAD.text().replace("7", "07"), [ALICE]),
        sign(HEAD.text().replace("7", "+7"), [ALICE]),
        sign(HEAD.text().replace("7", "-7"), [ALICE]),
        sign("log.example\n7\n", [ALICE]),
        sign("log.example\n7\nAAAA\n", [ALICE]),
    ],
)
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(Malformed):
        open_checkpoint(note, [Key.parse(str(ALICE.verifier))])


@pytest.mark.parametrize(
    "text", ["", "a\n", "a\n1\n", "a\n01\nAAAA\n", "a\nx\nAAAA\n", "a\n1\n*\n"]
)
def test_what_is_no_tree_head_is_refused(text: str) -> None:
    with pytest.raises(NoteBroken):
        TreeHead.parse(text)


def test_a_witness_signs_when_it_saw() -> None:
    # The message of C2SP tlog-cosignature.
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosigned(text, 1679315147) == f"cosignature/v1\ntime 1679315147\n{text}".encode()
    private = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
    witness = VerifierKey("witness.example", 4, private.public_key().public_bytes_raw())
    stamp = (1679315147).to_bytes(8)
    signature = private.sign(cosigned(HEAD.text(), 1679315147))
    note = sign(HEAD.text(), [ALICE]) + line_of(witness.name, witness.key_id + stamp + signature)
    assert signed_by(note, [witness]) == [witness]
    keys = [Key.parse(str(ALICE.verifier)), Key.parse(str(witness))]
    assert open_checkpoint(note, keys).witnesses == (("witness.example", 1679315147),)


def test_proofs_are_read_strictly() -> None:
    keys = [Key.parse(str(ALICE.verifier))]
    note = sign(HEAD.text(), [ALICE])
    link = open_link(f"old 3\n{'A' * 43}=\n\n{note}", keys)
    assert (link.old, link.hashes) == (3, (bytes(32),))  # type: ignore[union-attr]  # it is there
    assert open_inclusion(f"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 6\n\n{note}", keys)[0] == 6
    for text in (f"old 03\n\n{note}", f"old x\n\n{note}", f"old 3\nAAAA\n\n{note}"):
        with pytest.raises(Malformed):
            open_link(text, keys)
    for text in (
        note,
        f"c2sp.org/tlog-proof@v1\n\n{note}",
        f"c2sp.org/tlog-proof@v1\nindex 06\n\n{note}",
        f"c2sp.org/tlog-proof@v2\nindex 6\n\n{note}",
    ):
        with pytest.raises(Malformed):
            open_inclusion(text, keys)
