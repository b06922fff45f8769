/* What the parts of the page's WebAssembly module share. */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

/* The page calls it. */
#define PAGE_EXPORT __attribute__((visibility("default")))

enum { PAGE_WINDOW = 65536 };

/* The page writes bytes here before it calls a function that reads some. */
extern char page_window[PAGE_WINDOW];

#endif
