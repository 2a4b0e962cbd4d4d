"""The errors of the ledger, family K.

Why: a record of decisions fails closed: what cannot be signed is not recorded, and what is not sound is not continued.
Not here: what `verify` finds; findings are data (`verification`).
"""

from planaria.kernel.error import Refused


class NoKey(Refused):
    """There is no key to sign with."""

    code = "PLN-K101"
    what = "nothing can be recorded in a ledger: there is no key at {path}"
    why = "an entry that nobody signed is no record"
    fix = "make a key with `planaria ledger key`, or bring yours to this place"


class KeyExposed(Refused):
    """Others than the owner can read or change the key."""

    code = "PLN-K102"
    what = "the key {path} has mode {mode}"
    why = "whoever can read it can sign entries in your name"
    fix = "chmod 600 {path}; if others may have read it, make a new key"


class KeyWrong(Refused):
    """The file is no Ed25519 private key."""

    code = "PLN-K103"
    what = "{path} is no Ed25519 private key in PEM form: {text}"
    why = "entries are signed with Ed25519 (RFC 8032)"
    fix = "make a key with `planaria ledger key`"


class KeyExists(Refused):
    """A key would be overwritten."""

    code = "PLN-K104"
    what = "there is a file at {path} already"
    why = "a key that is overwritten can never sign again"
    fix = "choose another place, or move the old key away"


class FactsWrong(Refused):
    """Facts cannot be written as canonical JSON."""

    code = "PLN-K105"
    what = "the facts of '{kind}' cannot be recorded: {text}"
    why = "an entry is canonical JSON, the same bytes for every reader"
    fix = "use texts, whole numbers within 2**53, finite numbers, true, false, null, lists and objects with text keys"


class LedgerBroken(Refused):
    """The ledger is not sound, so nothing is appended."""

    code = "PLN-K106"
    what = "the ledger {directory} is not sound:\n{text}"
    why = "an entry on top of a broken chain would hide the break"
    fix = "bring the files back (git restore), and look with `planaria ledger verify` at who changed them"


class ForeignKey(Refused):
    """The ledger belongs to another key."""

    code = "PLN-K107"
    what = "the ledger {directory} is signed by key {wanted}, and this key is {signer}"
    why = "a ledger has one signer, whose public key stands in public.pem"
    fix = "sign with the key of this ledger, or begin a new ledger"
