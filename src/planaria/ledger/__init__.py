"""The ledger: the append-only, hash-chained, signed record of every decision, as plain files.

Why: whoever must answer for what went live needs a record that people can read and diff, that nobody can change unseen,
and that can be checked when planaria is long gone (D-006).
Not here: what is recorded and when (`gates`, `regen`), keys for callers (`gateway`).

The folder holds `000001.json` and so on, `head.json` and `public.pem`. Every JSON file is signed over its canonical form:
the object without `signature`, keys sorted, no spaces, UTF-8 (see `canonical`). `previous` is the SHA-256 of the canonical
form of the entry before, and 64 zeros in the first; `signer` is the start of the SHA-256 of `public.pem`. The head gives
the count, the SHA-256 of the last entry, and the Merkle root (RFC 6962, section 2.1) over the canonical forms of all.

To verify it without planaria, save this and run it with the folder as its argument::

    import hashlib, json, sys
    from pathlib import Path
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    folder = Path(sys.argv[1])
    key = load_pem_public_key((folder / "public.pem").read_bytes())

    def signed(path):
        value = json.loads(path.read_text("utf-8"))
        signature = bytes.fromhex(value.pop("signature"))
        data = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        key.verify(signature, data)
        return value, hashlib.sha256(data).hexdigest()

    count, last = 0, "0" * 64
    for count, path in enumerate(sorted(folder.glob("[0-9]*.json")), start=1):
        value, digest = signed(path)
        assert (value["number"], value["previous"]) == (count, last), path
        last = digest
    head, _ = signed(folder / "head.json")
    assert (head["count"], head["entry"]) == (count, last), "the head does not fit"
    print(count, "entries hold")

One entry by hand: `jq -cSj 'del(.signature)' 000001.json > data`, `jq -r .signature 000001.json | xxd -r -p > signature`, then
`openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in data -sigfile signature`.
"""

from planaria.ledger.chain import Ledger
from planaria.ledger.entry import Entry, Head
from planaria.ledger.error import FactsWrong, ForeignKey, KeyExists, KeyExposed, KeyWrong, LedgerBroken, NoKey
from planaria.ledger.key import Key, make_key
from planaria.ledger.verification import Finding, verify

__all__ = [
    "Entry",
    "FactsWrong",
    "Finding",
    "ForeignKey",
    "Head",
    "Key",
    "KeyExists",
    "KeyExposed",
    "KeyWrong",
    "Ledger",
    "LedgerBroken",
    "NoKey",
    "make_key",
    "verify",
]
