/* A temporary folder that belongs to one test. */
#ifndef FOLDER_H
#define FOLDER_H

#include <stddef.h>

enum { FOLDER_SIZE = 80 }; /* leaves room for a socket's name in a sockaddr_un */

/* Makes a folder in TMPDIR or /tmp, in which a memcached may write that root starts as the user
 * nobody, and writes its path. Fails the test when it cannot. */
void folder_make(char path[FOLDER_SIZE]);

#endif
