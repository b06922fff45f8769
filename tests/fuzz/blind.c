/* Runs a target on many mutated inputs, fast: in one process, and without coverage. The inputs come
 * from kept ones, which have reached something.
 *
 * usage: blind SECONDS SEED FOLDER...; it prints after each minute how many it has run. */
#include "input.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 8192, SIZE = 4096, USUAL = 256, ROUND = 4096 };

static struct mc_bytes kept[KEPT];
static size_t count;
static uint64_t state;

static size_t below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)((state >> 11) % limit);
}

static void keep_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *data = malloc(SIZE);
    if (file == NULL || data == NULL)
        fuzz_fail("%s cannot be read", path);
    size_t len = fread(data, 1, SIZE, file);
    fclose(file);
    if (len > 0 && count < KEPT)
        kept[count++] = (struct mc_bytes){data, len};
    else
        free(data);
}

static void keep_folder(const char *path)
{
    char file[4096];
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            keep_file(file);
    }
    if (folder != NULL)
        closedir(folder);
}

/* A kept input; of long ones mostly the beginning. */
static size_t pick(char *to)
{
    struct mc_bytes from = kept[below(count)];
    size_t len = from.len > USUAL && below(64) > 0 ? USUAL : from.len;
    memcpy(to, from.data, len);
    return len;
}

/* Replaces `old` bytes at `at` by bytes of another input. Returns the new length. */
static size_t splice(char *b, size_t len, size_t at, size_t old)
{
    struct mc_bytes from = kept[below(count)];
    size_t start = below(from.len), n = 1 + below(from.len - start < 24 ? from.len - start : 24);
    if (len - old + n > SIZE)
        return len;
    memmove(b + at + n, b + at + old, len - at - old);
    memcpy(b + at, from.data + start, n);
    return len - old + n;
}

static size_t mutate(char *b, size_t len)
{
    size_t at = below(len), n = 1 + below(len - at < 8 ? len - at : 8);
    switch (below(6)) {
    case 0: b[at] = (char)below(256); return len;
    case 1: b[at] = (char)(b[at] ^ 1 << below(8)); return len;
    case 2: b[at] = "0123456789 \r\n\t-:"[below(16)]; return len;
    case 3: return splice(b, len, at, 0);
    case 4: return splice(b, len, at, n);
    default: memmove(b + at, b + at + n, len - at - n); return len > n ? len - n : len;
    }
}

static char b[SIZE]; /* the current input */
static size_t len;

static bool say(const char *text, size_t size)
{
    return write(STDERR_FILENO, text, size) == (ssize_t)size;
}

/* Something was found: prints the input that did it. */
static void show(int number)
{
    static const char digits[] = "0123456789abcdef";
    bool good = say("input:", 6);
    for (size_t k = 0; k < len && good; k++) {
        const char text[] = {' ', digits[(unsigned char)b[k] >> 4], digits[b[k] & 15]};
        good = say(text, sizeof text);
    }
    (void)say("\n", 1);
    signal(number, SIG_DFL);
    raise(number);
}

static void run_one(void)
{
    len = pick(b);
    for (size_t k = 1 + below(4); k > 0; k--)
        len = mutate(b, len);
    LLVMFuzzerTestOneInput((const uint8_t *)b, len);
}

int main(int argc, char **argv)
{
    uint64_t runs = 0;
    long seconds = argc > 3 ? atol(argv[1]) : 0, minute = 0;
    time_t begin = time(NULL);
    signal(SIGABRT, show);
    signal(SIGSEGV, show);
    state = argc > 3 ? strtoull(argv[2], NULL, 10) * 2 + 1 : 1;
    for (int k = 3; k < argc; k++)
        keep_folder(argv[k]);
    if (count == 0) {
        fputs("usage: blind SECONDS SEED FOLDER...\n", stderr);
        return 2;
    }
    while (time(NULL) - begin < seconds) {
        for (int k = 0; k < ROUND; k++)
            run_one();
        runs += ROUND;
        if ((time(NULL) - begin) / 60 > minute) {
            minute = (long)(time(NULL) - begin) / 60;
            printf("minute %ld: %" PRIu64 " executions\n", minute, runs);
            fflush(stdout);
        }
    }
    printf("stat::number_of_executed_units: %" PRIu64 "\n", runs);
    return 0;
}
