/* Reads a password where nobody else can see it: in a file, or in the environment. */
#include "login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *read_password(struct login *login)
{
    FILE *file = fopen(login->file, "r");

    if (file == NULL)
        return strerror(errno);
    size_t len = fread(login->text, 1, sizeof login->text, file);
    bool failed = ferror(file) != 0;
    int why = errno;
    fclose(file);
    if (failed)
        return strerror(why);
    if (len > 0 && login->text[len - 1] == '\n')
        len--;
    login->password = (struct mc_bytes){login->text, len};
    return len > 0 && len <= MC_KEY_MAX ? NULL : "a password has 1 to 250 bytes";
}

const char *login_read(struct login *login, const char **what)
{
    const char *password = getenv("MCWIRE_PASSWORD");

    if (login->user == NULL && login->file == NULL)
        return NULL;
    *what = "--password-file";
    if (login->user == NULL || login->user[0] == '\0')
        return "a user is missing: --user NAME";
    *what = login->file;
    if (login->file != NULL)
        return read_password(login);
    *what = "--user";
    login->password = mc_string(password);
    return login->password.len > 0 ? NULL
                                   : "a password is missing: --password-file FILE, or the variable "
                                     "MCWIRE_PASSWORD";
}
