/* What is proved of put_classic.c. Frama-C alone reads this; see tests/proof/README.md. */

/*@ requires OUT;
    requires BESIDE_OUT(name);
    requires plain(name.data, 0, name.len);
    KEYS_BESIDE(out->len);
    requires 1 <= name.len <= 4;
    APPENDS;
    ASKS_FOR_KEYS; */
static int put_get(struct mc_out *out, struct mc_bytes name, const struct mc_bytes *keys,
                          size_t count);

/*@ requires OUT;
    requires BESIDE_OUT(name);
    requires plain(name.data, 0, name.len);
    KEYS_BESIDE(out->len);
    requires 1 <= name.len <= 4;
    APPENDS;
    ASKS_FOR_KEYS; */
static int put_gat(struct mc_out *out, struct mc_bytes name, int32_t exptime,
                   const struct mc_bytes *keys, size_t count);

/*@ requires OUT;
    KEYS_BESIDE(out->len);
    APPENDS;
    ASKS_FOR_KEYS; */
int mc_put_get(struct mc_out *out, const struct mc_bytes *keys, size_t count);

/*@ requires OUT;
    KEYS_BESIDE(out->len);
    APPENDS;
    ASKS_FOR_KEYS; */
int mc_put_gets(struct mc_out *out, const struct mc_bytes *keys, size_t count);

/*@ requires OUT;
    KEYS_BESIDE(out->len);
    APPENDS;
    ASKS_FOR_KEYS; */
int mc_put_gat(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count);

/*@ requires OUT;
    KEYS_BESIDE(out->len);
    APPENDS;
    ASKS_FOR_KEYS; */
int mc_put_gats(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count);

/*@ requires OUT && command <= MC_CAS;
    STARTS; */
static struct mc_writer start_store(const struct mc_out *out, enum mc_store command);

/*@ requires OUT;
    requires BESIDE_OUT(item->key);
    requires \valid_read(item);
    APPENDS;
    ensures \result == 0 ==> \old(is_key(item->key)) && item->value.len <= MC_VALUE_MAX;
    ensures \result == 0 ==> item->flags <= UINT32_MAX || item->large_flags; */
int mc_put_store(struct mc_out *out, enum mc_store command, const struct mc_item *item,
                 bool noreply);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    APPENDS;
    ensures \result == 0 ==> \old(is_key(key)); */
int mc_put_delete(struct mc_out *out, struct mc_bytes key, bool noreply);

/*@ requires OUT;
    requires BESIDE_OUT(name);
    requires BESIDE_OUT(key);
    requires plain(name.data, 0, name.len);
    APPENDS;
    ensures \result == 0 ==> \old(is_key(key)); */
static int put_delta(struct mc_out *out, struct mc_bytes name, struct mc_bytes key, uint64_t delta,
                     bool noreply);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    APPENDS;
    ensures \result == 0 ==> \old(is_key(key)); */
int mc_put_incr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    APPENDS;
    ensures \result == 0 ==> \old(is_key(key)); */
int mc_put_decr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    APPENDS;
    ensures \result == 0 ==> \old(is_key(key)); */
int mc_put_touch(struct mc_out *out, struct mc_bytes key, int32_t exptime, bool noreply);
