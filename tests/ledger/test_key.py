import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from planaria.ledger.error import KeyExists, KeyExposed, KeyWrong, NoKey
from planaria.ledger.key import Key, is_public_key, is_signed_by, make_key


def test_a_key_reads_back_and_signs_the_same(tmp_path):
    made = make_key(tmp_path / "keys" / "key.pem")
    read = Key.read(tmp_path / "keys" / "key.pem")
    assert (read.id, read.public, read.sign(b"x")) == (made.id, made.public, made.sign(b"x"))
    assert is_signed_by(read.public, b"x", made.sign(b"x"))
    assert not is_signed_by(read.public, b"y", made.sign(b"x"))


def test_a_crash_while_a_key_is_written_leaves_none_and_the_next_try_makes_one(tmp_path, monkeypatch):
    path = tmp_path / "keys" / "key.pem"
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(OSError, match="no space"):
            make_key(path)
    assert list(path.parent.iterdir()) == []
    made = make_key(path)
    assert Key.read(path).id == made.id
    assert [one.name for one in path.parent.iterdir()] == ["key.pem"]
    assert path.parent.stat().st_mode & 0o777 == 0o700


def full(descriptor):
    raise OSError("no space")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622, 0o601])
def test_refuses_a_key_that_others_can_reach(key_path, mode):
    key_path.chmod(mode)
    with pytest.raises(KeyExposed) as caught:
        Key.read(key_path)
    assert caught.value.facts["mode"] == f"{mode:o}"


def test_refuses_to_overwrite_a_key(key_path):
    before = key_path.read_bytes()
    with pytest.raises(KeyExists):
        make_key(key_path)
    assert key_path.read_bytes() == before


def test_refuses_a_file_that_is_absent_or_no_such_key(tmp_path):
    with pytest.raises(NoKey):
        Key.read(tmp_path / "absent.pem")
    other = ec.generate_private_key(ec.SECP256R1())
    texts = [b"", b"no key", other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    for text in texts:
        (tmp_path / "x.pem").write_bytes(text)
        (tmp_path / "x.pem").chmod(0o600)
        with pytest.raises(KeyWrong):
            Key.read(tmp_path / "x.pem")
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert not is_public_key(public)
    assert not is_signed_by(public, b"x", "00" * 64)


@pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "00" * 64])
def test_a_signature_without_its_form_signs_nothing(key_path, signature):
    assert not is_signed_by(Key.read(key_path).public, b"x", signature)


def test_a_signature_in_capitals_signs_nothing(key_path):
    key = Key.read(key_path)
    assert not is_signed_by(key.public, b"x", key.sign(b"x").upper())
