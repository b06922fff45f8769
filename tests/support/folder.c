/* Makes temporary folders. A test that fails ends without removing its own: the next one does. */
#include "folder.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { NAME_SIZE = sizeof "/mcwire-2147483647-XXXXXX" }; /* with its NUL */

/* True for the name of something whose process does not exist. */
static bool is_abandoned(const char *name)
{
    long pid;
    int end = 0;

    if (sscanf(name, "mcwire-%9ld-%*6[A-Za-z0-9]%n", &pid, &end) != 1 || end == 0)
        return false;
    return name[end] == '\0' && pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* True for the user's own; and for nobody's, who runs root's memcacheds. */
static bool is_ours(const struct stat *status)
{
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;

    return status->st_uid == geteuid() || (nobody != NULL && status->st_uid == nobody->pw_uid);
}

/* Removes the files of a folder. */
static void empty_folder(int below, const char *name)
{
    int fd = openat(below, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        unlinkat(fd, entry->d_name, 0);
    closedir(folder);
}

static void remove_abandoned(int below, const char *name)
{
    struct stat status;

    if (below < 0 || fstatat(below, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !is_ours(&status))
        return;
    if (S_ISDIR(status.st_mode))
        empty_folder(below, name);
    unlinkat(below, name, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
}

/* Removes all folders (with the files in them) and files that are named so, belong to this user or to
 * nobody, and whose process does not exist. One in another container does not exist either. */
static void sweep(const char *below)
{
    DIR *folder = opendir(below);

    if (folder == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (is_abandoned(entry->d_name))
            remove_abandoned(dirfd(folder), entry->d_name);
    closedir(folder);
}

void folder_make(char path[FOLDER_SIZE])
{
    const char *below = getenv("TMPDIR");

    if (below == NULL || below[0] != '/' || strlen(below) + NAME_SIZE > FOLDER_SIZE)
        below = "/tmp";
    sweep(below);
    snprintf(path, FOLDER_SIZE, "%s/mcwire-%ld-XXXXXX", below, (long)getpid());
    ck_assert_msg(mkdtemp(path) != NULL, "mkdtemp %s: %s", path, strerror(errno));
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL)
        ck_assert_int_eq(chown(path, nobody->pw_uid, nobody->pw_gid), 0);
}
