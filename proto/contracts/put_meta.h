/* What is proved of put_meta.c. Frama-C alone reads this; see tests/proof/README.md. */

#define FLAGS_BESIDE_OUT given_flags(flags, count, out->data, out->len, out->cap)

/*@ // At most so many letters, and a NUL after them.
    predicate letters{L}(char *s, integer max) = \valid_read(s + (0 .. max)) && s[max] == '\0';

    predicate has_letters{L}(struct meta_command *c) =
        \valid_read(c) && letters(&c->bare[0], 11) && letters(&c->ttl[0], 3) &&
        letters(&c->number[0], 5) && letters(&c->modes[0], 6);

    predicate has_name{L}(struct meta_command *c) =
        word_byte(c->name[0]) && word_byte(c->name[1]);

    // Flags that can be read, apart from what is written: b[i..e).
    predicate given_flags{L}(struct mc_flag *flags, integer count, char *b, integer i, integer e) =
        \valid_read(flags + (0 .. count - 1)) &&
        \separated(flags + (0 .. count - 1), b + (i .. e - 1)) &&
        \forall integer k; 0 <= k < count ==> given(flags[k].token, b, i, e);
*/

/*@ requires six <= PADDING;
    assigns \nothing;
    ensures plain_byte(\result); */
static inline char base64_digit(uint32_t six);

/*@ requires WRITER && 1 <= n <= 3 && i + n <= SIZE_MAX;
    requires \valid_read(b + (i .. i + n - 1));
    WRITES_ON;
    ensures w->error == 0 ==> w->i == \old(w->i) + 4; */
static void put_base64_group(struct mc_writer *w, const char *b, size_t i, size_t n);

/*@ requires WRITER && BESIDE_WRITER(bytes);
    WRITES_ON; */
static void put_base64(struct mc_writer *w, struct mc_bytes bytes);

/*@ requires WRITER && BESIDE_WRITER(key);
    WRITES_ON;
    ensures w->error == 0 ==> 1 <= key.len <= MC_KEY_BINARY_MAX; */
static void put_binary_key(struct mc_writer *w, struct mc_bytes key);

/*@ requires OUT;
    requires BESIDE_OUT(bytes);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures \result == 0 ? plain(out->data, \old(out->len), out->len)
                         : \result < 0 && out->len == \old(out->len);
    ensures \result == 0 ==> \old(out->len) <= out->len <= \max(\old(out->len), out->cap); */
int mc_put_base64(struct mc_out *out, struct mc_bytes bytes);

/*@ requires \exists integer max; 0 <= max <= 11 && letters(letters, max);
    assigns \nothing; */
static bool has_letter(const char *letters, char letter);

/*@ requires \valid_read(flags + (0 .. count - 1));
    assigns \nothing;
    ensures \result ==> \exists integer k; 0 <= k < count && flags[k].letter == letter;
    ensures !\result ==> \forall integer k; 0 <= k < count ==> flags[k].letter != letter; */
static bool any_flag_is(const struct mc_flag *flags, size_t count, char letter);

/*@ requires WRITER;
    requires \exists integer max; 0 <= max <= 11 && letters(modes, max);
    WRITES_ON; */
static void put_mode(struct mc_writer *w, const char *modes, uint64_t mode);

/*@ assigns \nothing; */
static size_t token_max(char letter);

/*@ assigns \nothing;
    ensures \result <==> flags <= UINT32_MAX || large; */
static bool fits_flags(uint64_t flags, bool large);

/*@ requires WRITER && has_letters(command) && \valid_read(flag);
    requires APART_FROM_WRITER(command);
    requires given_flags(flag, 1, w->b, w->i, w->cap);
    WRITES_ON; */
static void put_flag(struct mc_writer *w, const struct meta_command *command, const struct mc_flag *flag);

/*@ requires WRITER && has_letters(command) && count <= MC_TOKENS_MAX;
    requires APART_FROM_WRITER(command);
    requires given_flags(flags, count, w->b, w->i, w->cap);
    WRITES_ON; */
static void put_flags(struct mc_writer *w, const struct meta_command *command,
                      const struct mc_flag *flags, size_t count);

/*@ requires OUT && BESIDE_OUT(key);
    requires has_letters(command) && has_name(command);
    requires APART_FROM_OUT(command);
    requires \valid_read(flags + (0 .. count - 1));
    STARTS;
    ensures \result.error == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
static struct mc_writer start_meta(const struct mc_out *out, const struct meta_command *command,
                                   struct mc_bytes key, const struct mc_flag *flags, size_t count);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    requires has_letters(command) && has_name(command);
    requires APART_FROM_OUT(command);
    requires FLAGS_BESIDE_OUT;
    APPENDS;
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
static int put_meta_line(struct mc_out *out, const struct meta_command *command, struct mc_bytes key,
                    const struct mc_flag *flags, size_t count);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    requires APART_FROM_OUT(&mg);
    requires FLAGS_BESIDE_OUT;
    APPENDS;
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
int mc_put_mg(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    requires APART_FROM_OUT(&ms);
    requires FLAGS_BESIDE_OUT;
    APPENDS;
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX && size <= MC_VALUE_MAX; */
int mc_put_ms(struct mc_out *out, struct mc_bytes key, size_t size, const struct mc_flag *flags,
              size_t count);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    requires APART_FROM_OUT(&md);
    requires FLAGS_BESIDE_OUT;
    APPENDS;
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
int mc_put_md(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    requires APART_FROM_OUT(&ma);
    requires FLAGS_BESIDE_OUT;
    APPENDS;
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
int mc_put_ma(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count);

/*@ requires OUT;
    requires BESIDE_OUT(key);
    requires APART_FROM_OUT(&me);
    requires FLAGS_BESIDE_OUT;
    APPENDS;
    ensures \result == 0 ==> 1 <= key.len <= MC_KEY_MAX; */
int mc_put_me(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count);

/*@ requires OUT;
    APPENDS; */
int mc_put_mn(struct mc_out *out);
