/* Prints annotations as JSON. */
#include "json.h"

#include <string.h>

enum { SHOWN = 64 /* bytes of a long message */ };

/* A string in which each byte is the character of that number. */
static void print_string(FILE *to, struct mc_bytes bytes)
{
    fputc('"', to);
    for (size_t k = 0; k < bytes.len; k++) {
        unsigned char c = (unsigned char)bytes.data[k];
        if (c == '\r' || c == '\n')
            fputs(c == '\r' ? "\\r" : "\\n", to);
        else if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            fprintf(to, "\\u%04x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

static void print_faults(FILE *to, const struct mc_annotation *annotation)
{
    const char *before = ",\"notes\":[";

    if (annotation->fault != NULL) {
        fprintf(to, ",\"fault_at\":%zu,\"fault\":", annotation->fault_at);
        print_string(to, mc_string(annotation->fault));
    }
    for (int note = 1; note <= annotation->notes; note <<= 1) {
        if ((annotation->notes & note) == 0)
            continue;
        fputs(before, to);
        print_string(to, mc_string(mc_annotate_note(note)));
        before = ",";
    }
    fputs(before[0] == ',' && before[1] == '\0' ? "]" : "", to);
}

void json_message(FILE *to, char sign, size_t offset, const struct mc_annotation *annotation,
                  struct mc_bytes bytes)
{
    size_t name = strcspn(annotation->title, ":");

    fprintf(to, "\"dir\":\"%c\",\"at\":%zu,\"size\":%zu", sign, offset, bytes.len);
    if (!annotation->secret) {
        fputs(",\"bytes\":", to);
        print_string(to, (struct mc_bytes){bytes.data, bytes.len < SHOWN ? bytes.len : SHOWN});
    }
    fputs(",\"event\":", to);
    print_string(to, (struct mc_bytes){annotation->title, name});
}

void json_fields(FILE *to, const struct mc_annotation *annotation)
{
    fputs("\"fields\":[", to);
    for (size_t k = 0; k < annotation->count; k++) {
        const struct mc_field *field = &annotation->fields[k];
        fprintf(to, "%s{\"name\":\"%s\",\"at\":%zu,\"len\":%zu}", k > 0 ? "," : "", field->name,
                field->at, field->len);
    }
    fputc(']', to);
    print_faults(to, annotation);
}

void json_note(FILE *to, char sign, const char *text)
{
    fprintf(to, "\"dir\":\"%c\",\"note\":", sign);
    print_string(to, mc_string(text));
}
