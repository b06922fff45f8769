/* Keeps connections away from the descriptors of stdin, stdout and stderr. */
#include "standard.h"

#include <fcntl.h>
#include <unistd.h>

/* A new descriptor has the lowest number that is free. stdin is opened for writing alone and the
 * others for reading, so that their use fails as if they were closed. */
int standard_open(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        int mode = file == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(file, F_GETFD) < 0 && open("/dev/null", mode) < 0)
            return -1;
    }
    return 0;
}
