/* Maps the pages of a buffer, and closes the last one. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

char *guard_make(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t guarded = (size + page - 1) / page * page;
    char *pages =
        mmap(NULL, guarded + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + guarded, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(2);
    }
    return pages + guarded;
}
