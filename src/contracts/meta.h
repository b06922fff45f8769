/* What is proved of meta.c. Frama-C alone reads this; see tests/proof/README.md. */

/*@ requires \valid_read(key.data + (0 .. key.len - 1));
    requires \valid_read(token.data + (0 .. token.len - 1));
    assigns \nothing;
    ensures \result ==> key.len <= MC_KEY_BINARY_MAX && token.len % 4 == 0 &&
                     key.len <= token.len / 4 * 3 <= key.len + 2; */
static bool is_base64_of(struct mc_bytes key, struct mc_bytes token);

/*@ requires window(b, e) && i <= e && \valid_read(op) && op->key.len <= MC_KEY_MAX;
    requires \valid_read(op->key.data + (0 .. op->key.len - 1));
    assigns \nothing;
    ensures \result == 0 || \result == i + 2 + op->key.len <= e;
    ensures \result != 0 ==> b[i] == ' ' && b[i + 1] == 'k' &&
                             same(b + (i + 2), op->key.data, op->key.len); */
static size_t match_key_flag(const struct mc_op *op, const char *b, size_t i, size_t e);
