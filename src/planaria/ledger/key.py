"""Keys: an Ed25519 pair, of which the private half never leaves its file.

Why: a signature says who recorded a decision, and can be checked with any tool (RFC 8032, PEM files as of OpenSSL).
Not here: where keys are kept (`assemble`), API keys (`gateway`).
"""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from planaria.ledger.error import KeyExists, KeyExposed, KeyWrong, NoKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

OTHERS = 0o077


class Key:
    """Sign with a private key that was read from a file only its owner can read.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     key = make_key(Path(folder) / "ledger.pem")
    >>> is_signed_by(key.public, b"a decision", key.sign(b"a decision"))
    True
    >>> len(key.id)
    16
    """

    __slots__ = ("_private", "id", "public")

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        self._private = private
        self.public = _pem(private.public_key())
        self.id = key_id(self.public)

    @classmethod
    def read(cls, path: Path) -> "Key":
        """Read a private key.

        Raises:
            NoKey, KeyExposed, KeyWrong: PLN-K101, PLN-K102, PLN-K103.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            mode = path.stat().st_mode
            text = path.read_bytes()
        except OSError:
            raise NoKey(path=str(path)) from None
        if mode & OTHERS:
            raise KeyExposed(path=str(path), mode=f"{mode & 0o777:o}")
        try:
            private = load_pem_private_key(text, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyWrong(path=str(path), text=str(error)) from None
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyWrong(path=str(path), text=type(private).__name__)
        return cls(private)

    def sign(self, data: bytes) -> str:
        """Return the Ed25519 signature of `data` as hexadecimal digits."""
        return self._private.sign(data).hex()


def make_key(path: Path) -> Key:
    """Make a private key at `path`, readable by its owner alone.

    Raises:
        KeyExists: PLN-K104.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     made = make_key(Path(folder) / "keys" / "ledger.pem")
    ...     print(oct((Path(folder) / "keys" / "ledger.pem").stat().st_mode & 0o777))
    0o600
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(partial)  # whole or not at all, and never over another key
    except FileExistsError:
        raise KeyExists(path=str(path)) from None
    finally:
        partial.unlink()
    return Key(private)


def key_id(public: bytes) -> str:
    """Return the short name of a public key: the first 16 hexadecimal digits of the SHA-256 of its PEM text.

    >>> key_id(b"-----BEGIN PUBLIC KEY-----")
    '59a58325e88756ac'
    """
    return hashlib.sha256(public).hexdigest()[:16]


def is_signed_by(public: bytes, data: bytes, signature: str) -> bool:
    """Say whether `signature` (hexadecimal) is that of `data` by the key in the PEM text `public`; never raises.

    >>> is_signed_by(b"no key", b"data", "00")
    False
    """
    from cryptography.exceptions import InvalidSignature

    key = _public(public)
    try:
        if key is None or signature != signature.lower():
            return False
        key.verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_public_key(public: bytes) -> bool:
    """Say whether a PEM text is an Ed25519 public key.

    >>> is_public_key(b"no key")
    False
    """
    return _public(public) is not None


def _public(public: bytes) -> "Ed25519PublicKey | None":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(public)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def _pem(public: "Ed25519PublicKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
