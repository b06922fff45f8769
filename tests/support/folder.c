/* Makes temporary folders. A test that fails ends without removing its own: the next one does. */
#include "folder.h"

#include <check.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"

void folder_make(char path[FOLDER_SIZE])
{
    scratch_name(path, FOLDER_SIZE);
    ck_assert_msg(mkdtemp(path) != NULL, "mkdtemp %s: %s", path, strerror(errno));
    const struct passwd *nobody = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (nobody != NULL)
        ck_assert_int_eq(chown(path, nobody->pw_uid, nobody->pw_gid), 0);
}
