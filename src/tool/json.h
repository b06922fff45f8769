/* An annotation as members of a JSON object. */
#ifndef JSON_H
#define JSON_H

#include "annotate.h"

#include <stdio.h>

/* Direction, number of the first byte, size, the first bytes unless they are a login (each is the
 * character of its number), and what they are: "dir":">","at":0,"size":7,"bytes":"...","event":"get" */
void json_message(FILE *to, char sign, size_t offset, const struct mc_annotation *annotation,
                  struct mc_bytes bytes);

/* The fields, and what is wrong: "fields":[{"name":"key","at":4,"len":1}],"fault_at":0,"fault":"..." */
void json_fields(FILE *to, const struct mc_annotation *annotation);

/* What the program says: "dir":"*","note":"..." */
void json_note(FILE *to, char sign, const char *text);

#endif
