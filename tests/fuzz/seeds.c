/* Makes inputs from the transcripts: for fuzz_reader.c the server's bytes on each connection, for
 * fuzz_request.c the client's.
 *
 * usage: seeds reader|request TRANSCRIPTS TO */
#include "transcript.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 10 };

static const char *to;
static bool requests; /* the client's bytes */

/* Whole, and in small pieces. */
static void write_seed(const char *name, int connection, int streams, const struct text *said)
{
    static const char headers[2][8] = {{0, 2, 0, 0, 0, 0, 0, 0}, {0, 3, 1, 7, 2, 30, 4, 11}};
    for (int k = 0; k < 2; k++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s-%d-%d", to, name, connection, k);
        FILE *file = fopen(path, "wb");
        if (file == NULL) {
            perror(path);
            exit(1);
        }
        fputc(requests ? 1 : streams, file);
        fwrite(headers[k] + 1, 1, 7, file);
        fwrite(said->data, 1, said->len, file);
        fclose(file);
    }
}

static void seed(const char *folder, const char *name)
{
    struct transcript t = {0};
    struct text said[CONNECTIONS] = {0};
    int streams[CONNECTIONS] = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!transcript_load(&t, path)) {
        fprintf(stderr, "%s: %s\n", path, text_string(&t.problem));
        exit(1);
    }
    for (size_t k = 0; k < t.count; k++) {
        const struct transcript_step *step = &t.steps[k];
        if (step->kind == TRANSCRIPT_STREAM)
            streams[step->connection] = 0xff;
        bool said_it = step->kind == TRANSCRIPT_SAID || step->kind == TRANSCRIPT_MANY;
        if (requests ? step->kind != TRANSCRIPT_SENT : !said_it)
            continue;
        struct text bytes = {0};
        transcript_bytes(step, &bytes);
        text_add(&said[step->connection], bytes.data, bytes.len);
        text_free(&bytes);
    }
    for (int c = 0; c < CONNECTIONS; c++) {
        if (said[c].len > 0)
            write_seed(name, c, streams[c], &said[c]);
        text_free(&said[c]);
    }
    transcript_free(&t);
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 4 ? opendir(argv[2]) : NULL;
    if (folder == NULL) {
        fputs("usage: seeds reader|request TRANSCRIPTS TO\n", stderr);
        return 2;
    }
    requests = strcmp(argv[1], "request") == 0;
    to = argv[3];
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0 && entry->d_name[0] != 'R')
            seed(argv[2], entry->d_name);
    }
    closedir(folder);
    return 0;
}
