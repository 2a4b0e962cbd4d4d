"""Words by the standard library."""

import re

from cells.words.contract import Unclosed, Words


class WordsCell(Words):
    async def split(self, line, separator=","):
        fields, field, place = [], "", 0
        while place < len(line):
            sign = line[place]
            if sign == '"':
                end = place + 1
                while True:
                    end = line.find('"', end)
                    if end < 0:
                        raise Unclosed(place=place)
                    if line[end + 1 : end + 2] != '"':
                        break
                    end += 2
                field += line[place + 1 : end].replace('""', '"')
                place = end + 1
                continue
            if sign == separator:
                fields.append(field)
                field = ""
            else:
                field += sign
            place += 1
        return (*fields, field)

    async def slug(self, title, longest=20):
        return "-".join(re.findall("[a-z0-9]+", title.lower()))[: max(longest, 0)].strip("-")

    async def wrap(self, text, options):
        room = options.width - len(options.indent)
        lines, line = [], ""
        for word in text.split():
            if options.breaking:
                while len(word) > room:
                    if line:
                        lines.append(line)
                        line = ""
                    lines.append(word[:room])
                    word = word[room:]
                if not word:
                    continue
            if line and len(line) + 1 + len(word) > room:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        if line:
            lines.append(line)
        return tuple(options.indent + one for one in lines)

    async def count(self, texts, least=1):
        counts = {}
        for text in texts:
            for word in set(text.split()):
                counts[word] = counts.get(word, 0) + 1
        return {word: count for word, count in sorted(counts.items()) if count >= least}

    async def mark(self, text, word):
        return text.replace(word, f"[{word}]")

    async def middle(self, numbers):
        ordered, half = sorted(numbers), len(numbers) // 2
        return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
