/* Private memcacheds for the measurement. */
#ifndef PRIVATE_H
#define PRIVATE_H

/* Obeys `start tcp|unix PROCESSOR`, whose answer is `ok ADDRESS` or `bad no memcached` after a line
 * on stderr that says why; PROCESSOR is -1 for any. All are ended and removed with this process.
 * Returns the exit status. */
int private_main(void);

#endif
