/* Makes temporary folders. */
#include "folder.h"

#include <check.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "/mcwire-XXXXXX"

void folder_make(char path[FOLDER_SIZE])
{
    const char *below = getenv("TMPDIR");
    if (below == NULL || strlen(below) + sizeof NAME > FOLDER_SIZE)
        below = "/tmp";
    snprintf(path, FOLDER_SIZE, "%s%s", below, NAME);
    ck_assert_msg(mkdtemp(path) != NULL, "mkdtemp %s: %s", path, strerror(errno));
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL)
        ck_assert_int_eq(chown(path, nobody->pw_uid, nobody->pw_gid), 0);
}
