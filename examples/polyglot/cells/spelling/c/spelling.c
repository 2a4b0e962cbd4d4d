/* Spelling in C: no library and no system beneath it.
 *
 * What `planaria derive wit spelling` says in WIT stands here as C structures; both are laid out alike, so a result is
 * a structure whose address is returned. Memory is taken from one place and given back after each call. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef long long s64;

enum { LONGEST = 64 };

/* ---- The types of the WIT file. */

typedef struct { const u8 *at; u32 size; } Text;
typedef struct { Text word; s64 edits; } Match;
typedef struct { Text name; u8 kind; s64 whole; } Fact; /* only whole numbers are given here */

enum { EMPTY, TRUTH, WHOLE, NUMBER, TEXT };
enum { FAILED, TOO_LONG };

typedef struct {
  u8 kind;
  union {
    struct { Text name, text; } failed;
    struct { const Fact *at; u32 size; } facts;
  };
} Error;

typedef struct { u8 is_error; union { s64 edits; Error error; }; } Distance;
typedef struct { u8 is_error; union { struct { u8 is_some; Match match; }; Error error; }; } Nearest;
typedef struct { u8 is_error; union { struct { const Text *at; u32 size; } words; Error error; }; } Words;

__attribute__((import_module("planaria:cells/lexicon"), import_name("words")))
void lexicon_words(const u8 *initial, u32 size, Words *result);

/* ---- Memory: the host asks for it to pass arguments; all of it is free again after the call. */

extern u8 __heap_base;
static u32 used;

__attribute__((export_name("cabi_realloc")))
void *reallocate(const u8 *old, u32 old_size, u32 align, u32 size) {
  if (!used) used = (u32)&__heap_base;
  used = (used + align - 1) & ~(align - 1);
  u8 *taken = (u8 *)used;
  used += size;
  while (used > __builtin_wasm_memory_size(0) * 65536)
    if (__builtin_wasm_memory_grow(0, 16) == (__SIZE_TYPE__)-1) __builtin_trap();
  for (u32 i = 0; i < old_size; i++) taken[i] = old[i];
  return taken;
}

static void release(void) { used = 0; }

/* ---- Words. */

typedef struct { u32 letters[LONGEST]; u32 size; } Word;

/* Read UTF-8, which the host has checked; letters beyond the longest are only counted. */
static Word word_of(Text text) {
  Word word = {.size = 0};
  for (u32 i = 0; i < text.size; word.size++) {
    u8 first = text.at[i];
    u32 more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    u32 letter = more ? first & (0x3F >> more) : first;
    for (i++; more; more--) letter = letter << 6 | (text.at[i++] & 0x3F);
    if (word.size < LONGEST) word.letters[word.size] = letter;
  }
  return word;
}

static u32 least(u32 a, u32 b) { return a < b ? a : b; }

static u32 changes(const Word *one, const Word *other) {
  u32 row[LONGEST + 1];
  for (u32 to = 0; to <= other->size; to++) row[to] = to;
  for (u32 from = 1; from <= one->size; from++) {
    u32 diagonal = row[0];
    row[0] = from;
    for (u32 to = 1; to <= other->size; to++) {
      u32 above = row[to], replaced = diagonal + (one->letters[from - 1] != other->letters[to - 1]);
      row[to] = least(least(above, row[to - 1]) + 1, replaced);
      diagonal = above;
    }
  }
  return row[other->size];
}

/* Return whether a word is too long, and write the error that says so. */
static u8 is_too_long(const Word *word, Error *error) {
  static Fact fact = {.name = {(const u8 *)"size", 4}, .kind = WHOLE};
  if (word->size <= LONGEST) return 0;
  fact.whole = word->size;
  error->kind = TOO_LONG;
  error->facts.at = &fact;
  error->facts.size = 1;
  return 1;
}

/* ---- The operations. */

__attribute__((export_name("planaria:cells/spelling#distance")))
Distance *distance(const u8 *one, u32 one_size, const u8 *other, u32 other_size) {
  static Distance result;
  Word first = word_of((Text){one, one_size}), second = word_of((Text){other, other_size});
  result.is_error = is_too_long(&first, &result.error) || is_too_long(&second, &result.error);
  if (!result.is_error) result.edits = changes(&first, &second);
  return &result;
}

__attribute__((export_name("planaria:cells/spelling#nearest")))
Nearest *nearest(const u8 *at, u32 size, const Text *among, u32 count, s64 at_most) {
  static Nearest result;
  Word word = word_of((Text){at, size});
  Match best = {.edits = at_most + 1};
  for (u32 i = 0; i < count; i++) {
    Word other = word_of(among[i]);
    result.is_error = is_too_long(&word, &result.error) || is_too_long(&other, &result.error);
    if (result.is_error) return &result;
    u32 edits = changes(&word, &other);
    if (edits < best.edits) best = (Match){among[i], edits};
  }
  result.is_error = 0;
  result.is_some = best.edits <= at_most;
  result.match = best;
  return &result;
}

__attribute__((export_name("planaria:cells/spelling#suggest")))
Nearest *suggest(const u8 *at, u32 size) {
  static Nearest failed = {.is_error = 1};
  Words known;
  u32 initial = 1;
  while (initial < size && (at[initial] & 0xC0) == 0x80) initial++;
  lexicon_words(at, initial, &known);
  if (known.is_error) {
    failed.error = known.error;
    return &failed;
  }
  return nearest(at, size, known.words.at, known.words.size, LONGEST);
}

__attribute__((export_name("cabi_post_planaria:cells/spelling#distance")))
void after_distance(const Distance *result) { release(); }
__attribute__((export_name("cabi_post_planaria:cells/spelling#nearest")))
void after_nearest(const Nearest *result) { release(); }
__attribute__((export_name("cabi_post_planaria:cells/spelling#suggest")))
void after_suggest(const Nearest *result) { release(); }
