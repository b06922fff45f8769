/* Asks the system what it is. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 256 };

/* The value in the first line of a file that begins with a name: "name   : value". */
static bool find_line(const char *path, const char *name, char *value, size_t cap)
{
    char line[LINE_SIZE];
    bool found = false;
    FILE *file = fopen(path, "r");

    while (!found && file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) != 0)
            continue;
        const char *at = line + strcspn(line, ":=");
        at += strspn(at, ":= \t\"");
        snprintf(value, cap, "%.*s", (int)strcspn(at, "\"\n"), at);
        found = true;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

static void note_processor(struct results *results)
{
    char name[LINE_SIZE] = "unknown";

    find_line("/proc/cpuinfo", "model name", name, sizeof name);
    results_add_fact(results, "processor", "%s, %ld online", name, sysconf(_SC_NPROCESSORS_ONLN));
}

static void note_system(struct results *results)
{
    char name[LINE_SIZE] = "";
    struct utsname system;

    if (uname(&system) != 0)
        return;
    find_line("/etc/os-release", "PRETTY_NAME", name, sizeof name);
    results_add_fact(results, "system", "%s %s %s%s%s", system.sysname, system.release,
                     system.machine, name[0] != '\0' ? ", " : "", name);
}

static void note_compiler(struct results *results)
{
    char libc[64] = "";

#ifdef _CS_GNU_LIBC_VERSION
    confstr(_CS_GNU_LIBC_VERSION, libc, sizeof libc);
#endif
#ifdef __clang__
    const char *compiler = __VERSION__;
#else
    const char *compiler = "gcc " __VERSION__;
#endif
    results_add_fact(results, "compiler", "%s, %s%s%s", compiler,
#ifdef __OPTIMIZE__
                     "optimised",
#else
                     "NOT optimised",
#endif
                     libc[0] != '\0' ? "; " : "", libc);
}

static void note_load(struct results *results)
{
    double load;
    FILE *file = fopen("/proc/loadavg", "r");

    if (file == NULL)
        return;
    if (fscanf(file, "%lf", &load) == 1)
        results_add_fact(results, "load", "%.2f before the run%s", load,
                         load < 0.5 ? "" : ": the machine had other work, so times are unsteady");
    fclose(file);
}

static void note_date(struct results *results)
{
    char date[32];
    time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc) != NULL && strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &utc) > 0)
        results_add_fact(results, "date", "%s", date);
}

/* The program by its name alone: where it lies is of no interest. */
static void note_command(struct results *results, int argc, char **argv)
{
    char line[LINE_SIZE] = "bench/run overhead";
    size_t len = strlen(line);

    for (int i = 1; i < argc && len < sizeof line; i++)
        len += (size_t)snprintf(line + len, sizeof line - len, " %s", argv[i]);
    results_add_fact(results, "command", "%s", line);
}

void machine_note(struct results *results, int argc, char **argv)
{
    note_date(results);
    note_command(results, argc, argv);
    note_processor(results);
    note_system(results);
    note_compiler(results);
    note_load(results);
}
