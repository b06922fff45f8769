/* A temporary folder of a test's own. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stddef.h>

enum { FOLDER_SIZE = 80 }; /* leaves room for a socket's name in a sockaddr_un */

/* Makes it below TMPDIR or /tmp and writes its path. A memcached that root starts as the user
 * nobody may write there. Fails the test when that cannot be. */
void folder_make(char path[FOLDER_SIZE]);

#endif
