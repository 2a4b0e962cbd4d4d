"""Verification: what is wrong with a ledger, entry by entry, as findings.

Why: a record is worth what a stranger can check; this needs the folder alone, no key and no running system.
Limit: whoever holds the private key can rewrite everything, and whoever can put back an older folder can cut its end;
against both, compare with a head that was kept elsewhere (`known`), such as in a mirror or in git.
Not here: telling findings to people (`cli`), appending (`chain`).
"""

from dataclasses import dataclass, field
from pathlib import Path

from planaria.ledger.entry import FILE_NAME, FIRST_PREVIOUS, Entry, Head, entry_from, file_of, head_from
from planaria.ledger.key import is_public_key, is_signed_by, key_id
from planaria.ledger.merkle import Tree

HEAD = "head.json"
PUBLIC = "public.pem"
BRING_BACK = "bring the file back (git log, git restore), and ask who changed it"
NOTHING_TO_DO = "nothing to do: it is healed at the next append"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or noteworthy where `broken` is false; `number` is the entry's, 0 for the whole."""

    number: int
    rule: str
    problem: str
    cure: str
    broken: bool = True


def verify(directory: Path, *, signer: str | None = None, known: Head | None = None) -> tuple[Finding, ...]:
    """Check every entry, the chain, the signatures and the head; a sound ledger (and an absent one) has no finding.

    `signer` is the key id that must have signed; `known` is a head seen before, of which this ledger must be a
    continuation. A finding that is not `broken` only tells of a crash between two files.

    >>> verify(Path("nowhere"))
    ()
    """
    check = _Check(directory)
    check.keys(signer)
    check.entries()
    check.head()
    if known is not None:
        check.continues(known)
    return tuple(sorted(check.findings, key=lambda finding: (finding.number, finding.rule)))


@dataclass(slots=True)
class _Check:
    directory: Path
    findings: list[Finding] = field(default_factory=list)
    public: bytes | None = None
    numbers: list[int] = field(default_factory=list)
    sound: dict[int, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [path.name for path in self.directory.iterdir()] if self.directory.is_dir() else []
        self.numbers = sorted(int(name.removesuffix(".json")) for name in names if FILE_NAME.fullmatch(name))

    def find(self, number: int, rule: str, problem: str, cure: str = BRING_BACK) -> None:
        self.findings.append(Finding(number=number, rule=rule, problem=problem, cure=cure))

    @property
    def last(self) -> int:
        return self.numbers[-1] if self.numbers else 0

    def keys(self, signer: str | None) -> None:
        path = self.directory / PUBLIC
        if not path.is_file():
            if self.numbers or (self.directory / HEAD).exists():
                self.find(0, "public key", f"there is no {PUBLIC}: no signature can be checked")
            return
        public = path.read_bytes().replace(b"\r\n", b"\n")
        if not is_public_key(public):
            self.find(0, "public key", f"{PUBLIC} is no Ed25519 public key")
            return
        self.public = public
        if signer not in (None, key_id(public)):
            self.find(0, "foreign key", f"{PUBLIC} is key {key_id(public)}, not {signer}", "ask who replaced the key")

    def entries(self) -> None:
        for number in range(1, self.last + 1):
            path = self.directory / file_of(number)
            if number not in self.numbers:
                self.find(number, "removed", f"{path.name} is missing, and later entries are there")
                continue
            try:
                entry = entry_from(path.read_bytes())
            except (ValueError, RecursionError) as error:
                self.find(number, "unreadable", f"{path.name}: {error}")
                continue
            if self.is_sound(number, entry):
                self.sound[number] = entry

    def is_sound(self, number: int, entry: Entry) -> bool:
        name = file_of(number)
        if entry.number != number:
            self.find(number, "reordered", f"{name} holds entry {entry.number}")
            return False
        if not self.is_signed(number, name, entry):
            return False
        before = self.sound.get(number - 1)
        previous = FIRST_PREVIOUS if number == 1 else before.hash if before else None
        if previous not in (None, entry.previous):
            self.find(number, "chain", f"{name} does not follow the entry before it: one of the two was replaced")
            return False
        return True

    def is_signed(self, number: int, name: str, one: Entry | Head) -> bool:
        if self.public is None:
            return True
        if one.signer != key_id(self.public):
            self.find(number, "foreign key", f"{name} is signed by key {one.signer}, not {key_id(self.public)}")
            return False
        if not is_signed_by(self.public, one.signed_bytes(), one.signature):
            self.find(number, "changed", f"{name} is not what was signed: its content or its signature was changed")
            return False
        return True

    def head(self) -> None:
        path = self.directory / HEAD
        if not path.is_file():
            if self.last == 1:
                self.behind()
            elif self.last > 1:
                self.find(0, "head missing", f"{HEAD} is missing: whether the end was cut cannot be told")
            return
        try:
            head = head_from(path.read_bytes())
        except (ValueError, RecursionError) as error:
            self.find(0, "head", f"{HEAD}: {error}")
            return
        if not self.is_signed(0, HEAD, head):
            return
        if head.count > self.last:
            self.find(self.last + 1, "truncated", f"the head counts {head.count} entries, and {self.last} are there")
        elif head.count < self.last - 1:
            self.find(0, "head", f"the head counts {head.count} entries, and {self.last} are there")
        else:
            if head.count == self.last - 1:
                self.behind()
            self.agrees(head, 0, HEAD)

    def behind(self) -> None:
        problem = f"the head is behind by one: entry {self.last} was written, and the head was not"
        self.findings.append(Finding(number=self.last, rule="head behind", problem=problem, cure=NOTHING_TO_DO, broken=False))

    def agrees(self, head: Head, number: int, name: str) -> None:
        covered = [self.sound[one] for one in range(1, head.count + 1) if one in self.sound]
        if len(covered) < head.count:
            return
        root = Tree(entry.signed_bytes() for entry in covered).root()
        if (head.entry, head.root) != (covered[-1].hash, root):
            self.find(number, "head", f"{name} does not fit entry {head.count}: it is of another history")

    def continues(self, known: Head) -> None:
        if known.count > self.last:
            self.find(self.last + 1, "truncated", f"{known.count} entries were seen before, and {self.last} are there")
        else:
            self.agrees(known, known.count, "the head seen before")
