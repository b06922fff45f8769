/* What is proved of keys.c. Frama-C alone reads this; see tests/proof/README.md. */

/*@ requires \valid_read(key.data + (0 .. key.len - 1));
    assigns \nothing;
    ensures \result < FILTER_BITS; */
static uint32_t hash_key(struct mc_bytes key);
