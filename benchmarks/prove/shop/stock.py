"""A small shop: what is in stock, what it costs, how an amount reads. Ordinary code, for the measurement of speed (`mutation`)."""

from dataclasses import dataclass, field

CODE_LENGTH = 6
DISCOUNTS = ((100, 10), (20, 5))


class OutOfStock(Exception):
    """There is less than was asked for."""


@dataclass
class Article:
    code: str
    name: str
    cents: int
    tags: list[str] = field(default_factory=list)


def is_code(text: str) -> bool:
    """Say whether a text is a code: two letters, three digits and a check digit."""
    if len(text) != CODE_LENGTH or not text[:2].isalpha() or not text[2:].isdigit():
        return False
    return int(text[-1]) == check_digit(text[:-1])


def check_digit(text: str) -> int:
    total = 0
    for place, sign in enumerate(text):
        value = int(sign) if sign.isdigit() else ord(sign.upper()) - ord("A") + 10
        total += value * (3 if place % 2 else 1)
    return (10 - total % 10) % 10


def parse_cents(text: str) -> int:
    """Read an amount like `12.50`, `12` or `-0.05`."""
    sign = 1
    if text.startswith("-"):
        sign, text = -1, text[1:]
    whole, _, rest = text.partition(".")
    if not whole.isdigit() or (rest and not rest.isdigit()) or len(rest) > 2:
        raise ValueError(f"no amount: {text}")
    return sign * (int(whole) * 100 + int(rest.ljust(2, "0")))


def shown(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    groups = []
    while whole >= 1000:
        whole, last = divmod(whole, 1000)
        groups.insert(0, f"{last:03}")
    return f"{sign}{','.join([str(whole), *groups])}.{rest:02}"


def discounted(cents: int, quantity: int) -> int:
    total = cents * quantity
    for least, percent in DISCOUNTS:
        if quantity >= least:
            return total - total * percent // 100
    return total


class Stock:
    def __init__(self, low: int = 3) -> None:
        self.low = low
        self.articles: dict[str, Article] = {}
        self.counts: dict[str, int] = {}

    def put(self, article: Article, count: int = 1) -> int:
        if not is_code(article.code):
            raise ValueError(f"no code: {article.code}")
        if count <= 0:
            raise ValueError("nothing to put")
        self.articles.setdefault(article.code, article)
        self.counts[article.code] = self.counts.get(article.code, 0) + count
        return self.counts[article.code]

    def take(self, code: str, count: int = 1) -> int:
        there = self.counts.get(code, 0)
        if count > there:
            raise OutOfStock(f"{there} of {code}, {count} asked for")
        self.counts[code] = there - count
        return discounted(self.articles[code].cents, count)

    def sell(self, wanted: dict[str, int]) -> tuple[int, list[str]]:
        total, missing = 0, []
        for code, count in sorted(wanted.items()):
            try:
                total += self.take(code, count)
            except OutOfStock:
                missing.append(code)
        return total, missing

    def scarce(self) -> list[str]:
        return sorted(code for code, count in self.counts.items() if count < self.low)

    def value(self, tag: str | None = None) -> int:
        return sum(article.cents * self.counts[code] for code, article in self.articles.items() if tag is None or tag in article.tags)
