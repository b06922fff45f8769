/* lwIP includes it for functions that are not linked, which look an interface up by its name. */
#ifndef LWIP_STDLIB_H
#define LWIP_STDLIB_H

int atoi(const char *text);

#endif
