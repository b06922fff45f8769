/* What is proved of put_admin.c. Frama-C alone reads this; see tests/proof/README.md. */

/*@ requires OUT;
    requires BESIDE_OUT(text);
    requires plain(text.data, 0, text.len);
    APPENDS; */
static int put_line_number(struct mc_out *out, struct mc_bytes text, uint64_t number, bool noreply);

/*@ requires OUT;
    requires BESIDE_OUT(text);
    requires plain(text.data, 0, text.len);
    APPENDS; */
static int put_line_signed(struct mc_out *out, struct mc_bytes text, int32_t number, bool noreply);

/*@ requires WRITER && BESIDE_WRITER(password);
    WRITES_ON;
    ensures w->error == 0 ==> 1 <= password.len <= MC_KEY_MAX; */
static void put_password(struct mc_writer *w, struct mc_bytes password);

/*@ requires WRITER && BESIDE_WRITER(user);
    requires BESIDE_WRITER(password);
    WRITES_ON;
    ensures w->error == 0 ==> 1 <= user.len <= MC_KEY_MAX && 1 <= password.len <= MC_KEY_MAX; */
static void put_user(struct mc_writer *w, struct mc_bytes user, struct mc_bytes password);

/*@ requires WRITER;
    assigns line_from, w->i, w->cap, w->error, w->b[w->i .. w->cap - 1];
    ensures checked(*w) && goes_on(\old(*w), *w) && line_from == w->i;
    ensures w->error == 0 ==> line(w->b, \old(line_from), w->i); */
static void put_auth_size(struct mc_writer *w, size_t size);

/*@ requires OUT;
    requires BESIDE_OUT(user);
    requires BESIDE_OUT(password);
    assigns line_from, out->len, out->data[out->len .. out->cap - 1];
    ensures \result == 0 ==> line(out->data, \old(out->len), line_from);
    ensures \result == 0 ==> line(out->data, line_from, out->len) && out->len <= out->cap;
    ensures \result != 0 ==> \result < 0 && out->len == \old(out->len);
    ensures \result == 0 ==> 1 <= user.len <= MC_KEY_MAX && 1 <= password.len <= MC_KEY_MAX; */
int mc_put_auth(struct mc_out *out, struct mc_bytes user, struct mc_bytes password);

/*@ requires WRITER && BESIDE_WRITER(words);
    WRITES_ON; */
static void put_words(struct mc_writer *w, struct mc_bytes words);

/*@ requires OUT;
    requires BESIDE_OUT(text);
    requires BESIDE_OUT(words);
    requires plain(text.data, 0, text.len);
    APPENDS; */
static int put_line_words(struct mc_out *out, struct mc_bytes text, struct mc_bytes words);

/*@ requires OUT;
    requires BESIDE_OUT(words);
    APPENDS; */
int mc_put_stats(struct mc_out *out, struct mc_bytes words);

/*@ requires OUT;
    APPENDS; */
int mc_put_version(struct mc_out *out);

/*@ requires OUT;
    APPENDS; */
int mc_put_verbosity(struct mc_out *out, uint32_t level, bool noreply);

/*@ requires OUT;
    APPENDS; */
int mc_put_flush_all(struct mc_out *out, int32_t delay_s, bool noreply);

/*@ requires OUT;
    APPENDS; */
int mc_put_cache_memlimit(struct mc_out *out, uint32_t megabytes, bool noreply);

/*@ requires OUT;
    APPENDS; */
int mc_put_shutdown(struct mc_out *out, bool graceful);

/*@ requires OUT;
    APPENDS; */
int mc_put_quit(struct mc_out *out);

/*@ requires WRITER;
    WRITES_ON; */
static void put_milli(struct mc_writer *w, uint32_t milli);

/*@ requires OUT;
    requires BESIDE_OUT(text);
    requires plain(text.data, 0, text.len);
    APPENDS; */
static int put_line_milli(struct mc_out *out, struct mc_bytes text, uint32_t milli);

/*@ requires OUT;
    APPENDS; */
int mc_put_slabs_reassign(struct mc_out *out, int32_t source_class, int32_t dest_class);

/*@ requires OUT;
    APPENDS; */
int mc_put_slabs_automove(struct mc_out *out, uint32_t mode);

/*@ requires OUT;
    APPENDS; */
int mc_put_slabs_automove_ratio(struct mc_out *out, uint32_t ratio_milli);

/*@ requires OUT;
    APPENDS; */
int mc_put_slabs_automove_window(struct mc_out *out, uint32_t window);

/*@ requires OUT;
    APPENDS; */
int mc_put_slabs_automove_freeratio(struct mc_out *out, uint32_t ratio_milli);

/*@ requires OUT;
    requires BESIDE_OUT(words);
    APPENDS; */
int mc_put_extstore(struct mc_out *out, struct mc_bytes words);

/*@ requires OUT;
    APPENDS; */
int mc_put_refresh_certs(struct mc_out *out);

/*@ requires OUT;
    APPENDS; */
int mc_put_lru_tune(struct mc_out *out, uint32_t hot_percent, uint32_t warm_percent,
                    uint32_t hot_factor_milli, uint32_t warm_factor_milli);

/*@ requires OUT;
    APPENDS; */
int mc_put_lru_mode(struct mc_out *out, bool segmented);

/*@ requires OUT;
    APPENDS; */
int mc_put_lru_temp_ttl(struct mc_out *out, int32_t ttl_s);

/*@ requires OUT;
    APPENDS; */
int mc_put_lru_crawler_enable(struct mc_out *out, bool enable);

/*@ requires OUT;
    APPENDS; */
int mc_put_lru_crawler_sleep(struct mc_out *out, uint32_t microseconds);

/*@ requires OUT;
    APPENDS; */
int mc_put_lru_crawler_tocrawl(struct mc_out *out, uint32_t items);

/*@ requires OUT;
    requires BESIDE_OUT(text);
    requires BESIDE_OUT(classes);
    requires plain(text.data, 0, text.len);
    APPENDS; */
static int put_line_classes(struct mc_out *out, struct mc_bytes text, struct mc_bytes classes);

/*@ requires OUT;
    requires BESIDE_OUT(classes);
    APPENDS; */
int mc_put_lru_crawler_crawl(struct mc_out *out, struct mc_bytes classes);

/*@ requires OUT;
    requires BESIDE_OUT(classes);
    APPENDS; */
int mc_put_lru_crawler_metadump(struct mc_out *out, struct mc_bytes classes);

/*@ requires OUT;
    requires BESIDE_OUT(classes);
    APPENDS; */
int mc_put_lru_crawler_mgdump(struct mc_out *out, struct mc_bytes classes);

/*@ requires OUT;
    requires BESIDE_OUT(words);
    APPENDS; */
int mc_put_watch(struct mc_out *out, struct mc_bytes words);
