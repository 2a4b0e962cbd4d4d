/* A component that does one thing well or badly, as it is told: for the tests of what the host makes of it. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef long long s64;
typedef struct { const char *at; u32 size; } Text;
typedef struct { Text name; u8 kind; union { s64 whole; double number; Text text; u8 truth; }; } Fact;
typedef struct { u8 kind; union { struct { Text name, text; } failed; struct { const Fact *at; u32 size; } facts; }; } Error;
typedef struct { u8 is_error; union { s64 ok; Error error; }; } Answer;
typedef struct { u8 is_error; union { u32 stream; struct { const s64 *at; u32 size; } list; Error error; }; } Small; /* aligned to 4 */
typedef struct { u8 kind; union { s64 whole; double number; Text text; }; } Value;
typedef struct { Text sql; const Value *parameters; u32 count; } Statement;
typedef struct { const Value *at; u32 size; } Row;
typedef struct { const Row *at; u32 size; } Rows;
typedef struct { u8 is_error; union { Rows rows; struct { const Rows *at; u32 size; } all; Text text; }; } Read;
typedef struct { u8 kind; Text sku; } Event;
#define TEXT(literal) ((Text){literal, sizeof(literal) - 1})
#define IMPORT(interface, name) __attribute__((import_module(interface), import_name(name)))
#define EXPORT(name) __attribute__((export_name("planaria:cells/trials#" name)))
#define AFTER(name) __attribute__((export_name("cabi_post_planaria:cells/trials#" name)))

IMPORT("planaria:host/log", "write") void log_write(const char *at, u32 size);
IMPORT("planaria:host/clock", "now") double clock_now(void);
IMPORT("planaria:host/chance", "number") unsigned long long chance_number(void);
IMPORT("planaria:host/state", "read") void state_read(const char *sql, u32 size, const Value *parameters, u32 count, Read *result);
IMPORT("planaria:host/state", "write")
void state_write(const Statement *statements, u32 count, const Event *events, u32 events_count, Read *result);
IMPORT("planaria:cells/stock", "left") void stock_left(const char *sku, u32 size, Answer *result);
IMPORT("planaria:cells/stock", "all-open") void stock_all_open(s64 many, Small *result);
IMPORT("planaria:cells/stock", "all-next") void stock_all_next(u32 stream, Small *result);
IMPORT("planaria:cells/stock", "all-close") void stock_all_close(u32 stream);

extern u8 __heap_base;
static u32 used;
static s64 remembered;

__attribute__((export_name("cabi_realloc"))) void *reallocate(const u8 *old, u32 old_size, u32 align, u32 size) {
  if (!used) used = (u32)&__heap_base;
  used = (used + align - 1) & ~(align - 1);
  u8 *taken = (u8 *)used;
  used += size;
  while (used > __builtin_wasm_memory_size(0) * 65536)
    if (__builtin_wasm_memory_grow(0, 16) == (__SIZE_TYPE__)-1) __builtin_trap();
  for (u32 i = 0; i < old_size; i++) taken[i] = old[i];
  return taken;
}

static Answer answer;

static void failed(Text name, Text text) {
  answer.is_error = 1;
  answer.error.kind = 0;
  answer.error.failed.name = name;
  answer.error.failed.text = text;
}

static void ok(s64 value) { answer.is_error = 0; answer.ok = value; }

static Small small;

/* Open a stream of another cell, or take its next items; what went wrong there is the answer here. */
static u8 is_wrong(void) {
  answer.is_error = small.is_error;
  if (small.is_error) answer.error = small.error;
  return small.is_error;
}

static void sum_of_stream(s64 many, s64 at_most) {
  s64 sum = 0;
  stock_all_open(many, &small);
  if (is_wrong()) return;
  u32 stream = small.stream;
  for (;;) {
    stock_all_next(stream, &small);
    if (is_wrong()) return;
    if (!small.list.size) break;
    for (u32 i = 0; i < small.list.size; i++) sum += small.list.at[i];
    if (at_most && sum >= at_most) { stock_all_close(stream); break; }
  }
  ok(sum);
}

static void write_and_read(s64 number) {
  Value inserted[] = {{.kind = 1, .whole = number}, {.kind = 3, .text = TEXT("gr\xc3\xbcn")}, {.kind = 2, .number = 1.5}, {.kind = 0}};
  Statement statement = {TEXT("insert into trials__note values (?, ?, ?, ?)"), inserted, 4};
  Event event = {0, TEXT("apple")};
  Read result;
  state_write(&statement, 1, &event, number == 7, &result);
  if (result.is_error) { failed(TEXT("Store"), result.text); return; }
  state_read("select number, word, part, none, x'00ff' from trials__note", 58, 0, 0, &result);
  if (result.is_error) { failed(TEXT("Store"), result.text); return; }
  const Value *row = result.rows.at[0].at;
  ok(row[0].whole * 1000 + row[1].text.size * 100 + (row[2].number == 1.5) * 10 + (row[3].kind == 0) + (row[4].kind == 4 && row[4].text.size == 2));
}

static void bad_sql(void) {
  Read result;
  state_read("select * from planaria__event", 29, 0, 0, &result);
  if (result.is_error) failed(TEXT("Store"), result.text); else ok(0);
}

EXPORT("run") Answer *run(s64 what, s64 number) {
  static Fact facts[] = {{TEXT("size"), 2, {.whole = 5}}, {TEXT("word"), 4, {.text = TEXT("a\x1b[2Jb")}}, {TEXT("bad name"), 0}};
  ok(0);
  switch (what) {
    case 0: ok(number); break;
    case 1: __builtin_trap();
    case 2: for (;;) __asm__ volatile("");
    case 3: for (;;) *(volatile u8 *)reallocate(0, 0, 1, 1 << 20) = 1;
    case 4: log_write("hello\x1b[2J", 9); break;
    case 5: for (s64 i = 0; i < number; i++) log_write("again", 5); break;
    case 6: stock_left("apple", 5, &answer); break;
    case 7: stock_left("none", 4, &answer); break;
    case 8: ok((s64)(clock_now() * 10)); break;
    case 9: ok(chance_number() != chance_number()); break;
    case 10: write_and_read(number); break;
    case 11: ok(++remembered); break;
    case 12: answer.is_error = 1; answer.error.kind = 1; answer.error.facts.at = facts; answer.error.facts.size = 3; break;
    case 13: failed(TEXT("Nonsense"), TEXT("a\nb")); break;
    case 14: stock_left("slow", 4, &answer); break;
    case 15: sum_of_stream(number, 0); break;
    case 16: sum_of_stream(number, 3); break;
    case 17: bad_sql(); break;
    case 18: stock_all_next(99, &small); is_wrong(); break;
    case 19: do stock_all_open(1, &small); while (!is_wrong()); break;
    case 20: stock_left("huge", 4, &answer); break;
    case 21: failed((Text){(const char *)0xfffffff0, 8}, TEXT("a")); break;
  }
  return &answer;
}

EXPORT("limited") Answer *limited(void) { ok(11); return &answer; }

EXPORT("doubled") Small *doubled(void) {
  static s64 pairs[] = {1, 2, 1, 3};
  small.is_error = 0;
  small.list.at = pairs;
  small.list.size = 2;
  return &small;
}

EXPORT("seen") Small *seen(const char *sku, u32 size) {
  remembered += size;
  small.is_error = 0;
  return &small;
}

static s64 upto, next;
EXPORT("count-open") Small *count_open(s64 many) {
  next = 0;
  upto = many;
  small.is_error = many < 0;
  small.stream = 5;
  if (many < 0) {
    failed(TEXT("Negative"), TEXT("no"));
    small.error = answer.error;
  }
  return &small;
}
EXPORT("count-next") Small *count_next(u32 stream) {
  static s64 items[3];
  u32 size = 0;
  while (size < 3 && next < upto) items[size++] = next++;
  if (next == 13) __builtin_trap();
  small.is_error = 0;
  small.list.at = items;
  small.list.size = size;
  return &small;
}
EXPORT("count-close") void count_close(u32 stream) { remembered = 1000 + stream; }
AFTER("run") void after_run(Answer *one) { used = 0; }
