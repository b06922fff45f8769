/* Runs a target on kept inputs. usage: replay FILE-OR-FOLDER... */
#include "input.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static unsigned long count;
static char what[4096]; /* the current input */

static void play_file(void)
{
    FILE *file = fopen(what, "rb");
    struct stat is;
    if (file == NULL || fstat(fileno(file), &is) != 0)
        fuzz_fail("%s cannot be read", what);
    size_t size = (size_t)is.st_size;
    uint8_t *data = malloc(size > 0 ? size : 1); /* exactly, so that an overread shows */
    if (data == NULL || fread(data, 1, size, file) != size)
        fuzz_fail("%s cannot be read", what);
    fclose(file);
    printf("# %s\n", what);
    fflush(stdout);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    count++;
}

static void play_folder(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(what, sizeof what, "%s/%s", path, entry->d_name);
        play_file();
    }
    if (folder != NULL)
        closedir(folder);
}

int main(int argc, char **argv)
{
    for (int k = 1; k < argc; k++) {
        struct stat is;
        snprintf(what, sizeof what, "%s", argv[k]);
        if (stat(argv[k], &is) == 0 && S_ISDIR(is.st_mode))
            play_folder(argv[k]);
        else
            play_file();
    }
    printf("%s 1 - kept inputs\n1..1\n", count > 0 ? "ok" : "not ok");
    return count > 0 ? 0 : 1;
}
