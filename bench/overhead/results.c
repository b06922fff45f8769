/* The records, and tables of their members: one writer and one reader serve all of them. */
#include "results.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "escape.h"
#include "json.h"

enum kind { TEXT, NUMBER, POINTS };

/* A member of a record: how it is named in JSON, and where it is. */
struct member {
    const char *name;
    enum kind kind;
    size_t offset, size;
};

/* Where a member of a record is, and its size. */
#define AT(record, name) \
    offsetof(struct results_##record, name), sizeof(((struct results_##record *)0)->name)

static const struct member fact_members[] = {
    {"name", TEXT, AT(fact, name)},
    {"value", TEXT, AT(fact, value)},
    {NULL, TEXT, 0, 0},
};

static const struct member client_members[] = {
    {"name", TEXT, AT(client, name)},
    {"title", TEXT, AT(client, title)},
    {"settings", TEXT, AT(client, settings)},
    {"absent", TEXT, AT(client, absent)},
    {NULL, TEXT, 0, 0},
};

static const struct member cell_members[] = {
    {"cores", TEXT, AT(cell, cores)},
    {"transport", TEXT, AT(cell, transport)},
    {"work", TEXT, AT(cell, work)},
    {"client", TEXT, AT(cell, client)},
    {"rounds", NUMBER, AT(cell, rounds)},
    {"samples", NUMBER, AT(cell, samples)},
    {"p50", NUMBER, AT(cell, p50)},
    {"p99", NUMBER, AT(cell, p99)},
    {"p999", NUMBER, AT(cell, p999)},
    {"p50_ratio", NUMBER, AT(cell, p50_ratio)},
    {"p50_low", NUMBER, AT(cell, p50_low)},
    {"p50_high", NUMBER, AT(cell, p50_high)},
    {"ns", NUMBER, AT(cell, ns)},
    {"ratio", NUMBER, AT(cell, ratio)},
    {"user_ns", NUMBER, AT(cell, user_ns)},
    {"system_ns", NUMBER, AT(cell, system_ns)},
    {"points", POINTS, AT(cell, points)},
    {"problem", TEXT, AT(cell, problem)},
    {NULL, TEXT, 0, 0},
};

static const struct member count_members[] = {
    {"work", TEXT, AT(count, work)},
    {"client", TEXT, AT(count, client)},
    {"instructions", NUMBER, AT(count, instructions)},
    {"syscalls", NUMBER, AT(count, syscalls)},
    {"names", TEXT, AT(count, names)},
    {NULL, TEXT, 0, 0},
};

static const struct member wire_members[] = {
    {"name", TEXT, AT(wire, name)},
    {"title", TEXT, AT(wire, title)},
    {"bytes", NUMBER, AT(wire, bytes)},
    {"ns", NUMBER, AT(wire, ns)},
    {"instructions", NUMBER, AT(wire, instructions)},
    {NULL, TEXT, 0, 0},
};

/* An array of records. */
struct list {
    const char *name;
    const struct member *members;
    size_t offset, count_offset, size, max; /* size: of one record */
};

/* Where the records of a list and their number are; the size of one, and the most there may be. */
#define IN(list, record)                                                      \
    offsetof(struct results, list), offsetof(struct results, record##_count), \
        sizeof(struct results_##record),                                      \
        sizeof(((struct results *)0)->list) / sizeof(struct results_##record)

enum { FACTS, CLIENTS, CELLS, COUNTS, WIRES };

static const struct list lists[] = {
    [FACTS] = {"facts", fact_members, IN(facts, fact)},
    [CLIENTS] = {"clients", client_members, IN(clients, client)},
    [CELLS] = {"results", cell_members, IN(cells, cell)},
    [COUNTS] = {"counts", count_members, IN(counts, count)},
    [WIRES] = {"wire", wire_members, IN(wires, wire)},
};

enum { LISTS = sizeof lists / sizeof *lists };

static size_t *count_of(struct results *results, const struct list *list)
{
    return (size_t *)(void *)((char *)results + list->count_offset);
}

/* ---- records --------------------------------------------------------------------------------- */

/* The numbers that a member is made of. */
static size_t numbers_in(const struct member *member)
{
    return member->kind == TEXT ? 0 : member->size / sizeof(double);
}

/* A record in which nothing is known yet; NULL when the list is full. */
static void *add(struct results *results, const struct list *list)
{
    size_t *count = count_of(results, list);

    if (*count >= list->max)
        return NULL;
    char *record = (char *)results + list->offset + list->size * (*count)++;
    memset(record, 0, list->size);
    for (const struct member *m = list->members; m->name != NULL; m++)
        for (size_t i = 0; i < numbers_in(m); i++)
            ((double *)(void *)(record + m->offset))[i] = RESULTS_UNKNOWN;
    return record;
}

struct results_client *results_add_client(struct results *results)
{
    return add(results, &lists[CLIENTS]);
}

struct results_cell *results_add_cell(struct results *results)
{
    return add(results, &lists[CELLS]);
}

struct results_count *results_add_count(struct results *results)
{
    return add(results, &lists[COUNTS]);
}

struct results_wire *results_add_wire(struct results *results)
{
    return add(results, &lists[WIRES]);
}

void results_add_fact(struct results *results, const char *name, const char *format, ...)
{
    struct results_fact *fact = add(results, &lists[FACTS]);
    va_list arguments;

    if (fact == NULL)
        return;
    snprintf(fact->name, sizeof fact->name, "%s", name);
    va_start(arguments, format);
    vsnprintf(fact->value, sizeof fact->value, format, arguments);
    va_end(arguments);
}

const char *results_fact(const struct results *results, const char *name)
{
    for (size_t i = 0; i < results->fact_count; i++)
        if (strcmp(results->facts[i].name, name) == 0)
            return results->facts[i].value;
    return "";
}

const struct results_cell *results_cell(const struct results *results, const char *cores,
                                        const char *transport, const char *work, const char *client)
{
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        if (strcmp(cell->cores, cores) == 0 && strcmp(cell->transport, transport) == 0 &&
            strcmp(cell->work, work) == 0 && strcmp(cell->client, client) == 0)
            return cell;
    }
    return NULL;
}

const struct results_count *results_count(const struct results *results, const char *work,
                                          const char *client)
{
    for (size_t i = 0; i < results->count_count; i++) {
        const struct results_count *count = &results->counts[i];
        if (strcmp(count->work, work) == 0 && strcmp(count->client, client) == 0)
            return count;
    }
    return NULL;
}

const struct results_setting results_settings[RESULTS_SETTINGS] = {
    {"same", "tcp", "TCP, client and server on one processor"},
    {"same", "unix", "Unix socket, client and server on one processor"},
    {"apart", "tcp", "TCP, client and server on two processors"},
    {"apart", "unix", "Unix socket, client and server on two processors"},
};

bool results_has(const struct results *results, const struct results_setting *setting,
                 const char *work)
{
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        if (strcmp(cell->cores, setting->cores) == 0 &&
            strcmp(cell->transport, setting->transport) == 0 &&
            (work == NULL || strcmp(cell->work, work) == 0))
            return true;
    }
    return false;
}

const struct results_setting *results_first(const struct results *results)
{
    for (size_t i = 0; i < RESULTS_SETTINGS; i++)
        if (results_has(results, &results_settings[i], NULL))
            return &results_settings[i];
    return &results_settings[0];
}

double results_above(size_t i)
{
    return pow(10, -(double)i / 10);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_number(double number, FILE *out)
{
    if (number < 0)
        fputs("null", out);
    else
        fprintf(out, "%.10g", number);
}

static void write_member(const char *record, const struct member *member, FILE *out)
{
    const double *numbers = (const double *)(const void *)(record + member->offset);

    if (member->kind == TEXT) {
        escape_json(out, record + member->offset);
        return;
    }
    if (member->kind == POINTS)
        fputc('[', out);
    for (size_t i = 0; i < numbers_in(member); i++) {
        if (i > 0)
            fputc(',', out);
        write_number(numbers[i], out);
    }
    if (member->kind == POINTS)
        fputc(']', out);
}

static void write_record(const char *record, const struct member *members, FILE *out)
{
    for (const struct member *m = members; m->name != NULL; m++) {
        fprintf(out, "%s\"%s\":", m == members ? "{" : ",", m->name);
        write_member(record, m, out);
    }
    fputc('}', out);
}

void results_write(const struct results *results, FILE *out)
{
    const char *base = (const char *)results;

    for (size_t l = 0; l < LISTS; l++) {
        const struct list *list = &lists[l];
        size_t count = *(const size_t *)(const void *)(base + list->count_offset);
        fprintf(out, "%s\"%s\":[", l == 0 ? "{" : ",\n", list->name);
        for (size_t i = 0; i < count; i++) {
            fputs(i == 0 ? "\n" : ",\n", out);
            write_record(base + list->offset + i * list->size, list->members, out);
        }
        fputc(']', out);
    }
    fputs("}\n", out);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void read_points(struct json *json, double *numbers, size_t count)
{
    size_t i = 0;

    json_expect(json, '[');
    if (json_take(json, ']'))
        return;
    do {
        double number = json_read_number(json);
        if (i < count)
            numbers[i++] = number;
    } while (json_take(json, ','));
    json_expect(json, ']');
}

static void read_member(struct json *json, char *record, const struct member *member)
{
    double *numbers = (double *)(void *)(record + member->offset);

    if (member->kind == TEXT)
        json_read_text(json, record + member->offset, member->size);
    else if (member->kind == NUMBER)
        *numbers = json_read_number(json);
    else
        read_points(json, numbers, numbers_in(member));
}

static const struct member *find_member(const struct member *members, const char *name)
{
    const struct member *m = members;

    while (m->name != NULL && strcmp(m->name, name) != 0)
        m++;
    return m->name != NULL ? m : NULL;
}

static void read_record(struct json *json, char *record, const struct member *members)
{
    char name[32];

    json_expect(json, '{');
    if (json_take(json, '}'))
        return;
    do {
        json_read_text(json, name, sizeof name);
        json_expect(json, ':');
        const struct member *member = find_member(members, name);
        if (member != NULL)
            read_member(json, record, member);
        else
            json_skip(json);
    } while (json_take(json, ','));
    json_expect(json, '}');
}

static void read_list(struct json *json, struct results *results, const struct list *list)
{
    json_expect(json, '[');
    if (json_take(json, ']'))
        return;
    do {
        char *record = add(results, list);
        if (record != NULL)
            read_record(json, record, list->members);
        else
            json_skip(json);
    } while (json_take(json, ','));
    json_expect(json, ']');
}

static const struct list *find_list(const char *name)
{
    for (size_t i = 0; i < LISTS; i++)
        if (strcmp(lists[i].name, name) == 0)
            return &lists[i];
    return NULL;
}

bool results_read(struct results *results, const char *text, unsigned *line)
{
    struct json json = {.at = text, .line = 1};
    char name[32];

    memset(results, 0, sizeof *results);
    json_expect(&json, '{');
    do {
        json_read_text(&json, name, sizeof name);
        json_expect(&json, ':');
        const struct list *list = find_list(name);
        if (list != NULL)
            read_list(&json, results, list);
        else
            json_skip(&json);
    } while (json_take(&json, ','));
    json_expect(&json, '}');
    *line = json.line;
    return !json.bad;
}
