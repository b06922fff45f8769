/* Base64 (RFC 4648), in which the protocol writes binary keys, and JSON other bytes. */
#ifndef BASE64_H
#define BASE64_H

#include "buffer.h"

/* Appends the bytes that the text stands for. False when it is not base64. */
bool base64_read(struct buffer *out, struct mc_bytes text);

/* Appends the text. */
void base64_write(struct buffer *out, struct mc_bytes bytes);

#endif
