/* The login that --user and --password-file name. */
#ifndef LOGIN_H
#define LOGIN_H

#include "proto.h"

/* Start from the arguments; it stays where it is. */
struct login {
    const char *user, *file; /* NULL: not given */
    struct mc_bytes password;
    char text[MC_KEY_MAX + 2]; /* private: of the file */
};

/* Reads the password: of the file, without the line end after it; or without a file, of the
 * variable MCWIRE_PASSWORD. NULL, also when nobody logs in; or why not, and in *what of which
 * argument. */
const char *login_read(struct login *login, const char **what);

#endif
