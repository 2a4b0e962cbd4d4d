// Spelling in JavaScript. What is thrown as { tag, val } is a declared error; anything else that is thrown ends the instance.

import { words } from "planaria:cells/lexicon";

const LONGEST = 64;

function lettersOf(word) {
  const letters = [...word];
  if (letters.length > LONGEST) throw { tag: "too-long", val: [["size", { tag: "whole", val: BigInt(letters.length) }]] };
  return letters;
}

function changes(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  one.forEach((letter, at) => {
    const next = [at + 1];
    other.forEach((against, to) => next.push(Math.min(row[to + 1] + 1, next[to] + 1, row[to] + (letter !== against))));
    row = next;
  });
  return row[other.length];
}

function nearest(word, among, atMost) {
  let best = null;
  for (const one of among) {
    const edits = changes(lettersOf(word), lettersOf(one));
    if (edits <= atMost && (best === null || edits < best.edits)) best = { word: one, edits };
  }
  return best === null ? undefined : { word: best.word, edits: BigInt(best.edits) };
}

export const spelling = {
  distance: (one, other) => BigInt(changes(lettersOf(one), lettersOf(other))),
  nearest: (word, among, atMost) => nearest(word, among, Number(atMost)),
  suggest: (word) => nearest(word, words([...word][0]), LONGEST),
};
