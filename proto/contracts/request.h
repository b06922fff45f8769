/* What is proved of request.c: a contract for each function. Frama-C alone reads this; see
 * tests/proof/README.md. */

/* A line and a request, which do not overlap. */
#define PARSED_LINE \valid(l) && parsing(*l)
#define REQUEST_BESIDE_LINE \valid(request) && \separated(request, l, l->b + (0 .. l->e - 1))

/* What the reader is called with. */
#define ASKED \valid(reader) && \valid(in) && readable(*in) && \valid(request) && standing(*reader)
#define ASKED_APART \separated(reader, in, request, in->data + (0 .. in->len - 1))

/* What it leaves: the rest of the input, and slices of what it read. */
#define LEAVES_THE_REST                                      \
    ensures standing(*reader);                               \
    ensures rest_of(*in, \old(in->data), \old(in->len));     \
    ensures asked_inside(*request, \old(in->data), \old(in->len))

/* What is wrong stays wrong. */
#define KEEPS_FAULT ensures \old(request->fault) != 0 ==> request->fault != 0

#define ONE_MORE_EVENT 0 < \result <= MC_REQUEST_SHUTDOWN && in->len < \old(in->len) && \
    reader->fault == MC_WRONG_NOTHING

/*@ // Where the reader stands between two calls.
    predicate standing(struct mc_request_reader r) =
        r.state <= DATA_END && (r.state == DATA <==> r.value_left > 0) &&
        r.fault <= MC_WRONG_TLS && (r.fault > 0 ==> r.state == COMMAND) &&
        r.command <= MC_REQUEST_SHUTDOWN;

    predicate parsing(struct request_line l) =
        l.from <= l.to <= l.e <= MC_REQUEST_MAX && l.end <= MC_REQUEST_MAX &&
        (l.end > 0 ==> l.e < l.end) && \valid_read(l.b + (0 .. l.e - 1));

    predicate asked_inside(struct mc_request r, char *b, integer e) =
        inside(r.key, b, e) && inside(r.text, b, e) && r.size <= MC_REQUEST_SIZE_MAX;
*/

/*@ requires \valid(request);
    assigns request->fault, request->at;
    ensures request->fault == (\old(request->fault) != 0 ? \old(request->fault) : (uint8_t)fault);
    ensures \old(request->fault) == 0 ==> request->at == (uint16_t)at; */
static void note_wrong(struct mc_request *request, size_t at, enum mc_wrong fault);

/*@ requires \valid(request);
    assigns request->notes; */
static void add_note(struct mc_request *request, enum mc_note note);

/*@ requires i <= e && \valid_read(b + (i .. e - 1));
    assigns \nothing;
    ensures i <= \result <= e;
    ensures \forall integer n; i <= n < \result ==> b[n] != c;
    ensures \result < e ==> b[\result] == c; */
static size_t find_byte(const char *b, size_t i, size_t e, char c);

/*@ requires i <= e && \valid_read(b + (i .. e - 1));
    assigns \nothing;
    ensures i <= \result <= e;
    ensures \result < e ==> b[\result] != ' '; */
static size_t skip_spaces(const char *b, size_t i, size_t e);

/*@ requires PARSED_LINE;
    requires \separated(l, l->b + (0 .. l->e - 1));
    assigns l->from, l->to;
    ensures parsing(*l) && \old(l->to) <= l->from;
    ensures \result <==> l->from < l->to; */
static bool next_request_word(struct request_line *l);

/*@ requires i <= e && \valid_read(b + (i .. e - 1)) && readable(text);
    assigns \nothing; */
static bool is_text(const char *b, size_t i, size_t e, struct mc_bytes text);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE && form < FORMS;
    assigns l->left, request->notes, request->noreply;
    ensures request->noreply ==> 0 < forms[form].noreply <= l->left; */
static void count_words(struct request_line *l, uint8_t form, struct mc_request *request);

/*@ requires PARSED_LINE;
    assigns \nothing;
    ensures \result.data == l->b + l->from && \result.len == l->to - l->from; */
static struct mc_bytes word_of(const struct request_line *l);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE;
    assigns request->fault, request->at, request->notes;
    ensures \result ==> n.good;
    KEEPS_FAULT; */
static bool note_number(const struct request_line *l, struct mc_number n, bool may_be_negative,
                        struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE;
    assigns request->fault, request->at, request->notes;
    ensures \result <= max;
    KEEPS_FAULT; */
static uint64_t read_number(const struct request_line *l, uint64_t max, struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE;
    assigns request->fault, request->at, request->notes;
    KEEPS_FAULT; */
static uint64_t read_wide(const struct request_line *l, struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE;
    assigns request->exptime, request->fault, request->at, request->notes;
    KEEPS_FAULT; */
static void read_exptime(const struct request_line *l, struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE;
    assigns request->size, request->has_size, request->fault, request->at, request->notes;
    ensures request->size <= MC_REQUEST_SIZE_MAX;
    KEEPS_FAULT; */
static void read_size(const struct request_line *l, struct mc_request *request);

/*@ requires readable(key) && \valid(request);
    requires \separated(request, key.data + (0 .. key.len - 1));
    assigns request->notes; */
static void note_key_bytes(struct mc_bytes key, struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE;
    assigns request->key, request->fault, request->at, request->notes;
    ensures inside(request->key, l->b, l->e);
    ensures request->fault == 0 ==> request->key.len <= MC_KEY_MAX;
    KEEPS_FAULT; */
static void read_line_key(const struct request_line *l, struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE;
    assigns l->from, l->to, request->fault, request->at, request->notes;
    ensures parsing(*l);
    KEEPS_FAULT; */
static void read_hold(struct request_line *l, struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE && \valid(seen + (0 .. 1));
    requires \separated(seen + (0 .. 1), request, l, l->b + (0 .. l->e - 1));
    assigns seen[0 .. 1], request->fault, request->at;
    KEEPS_FAULT; */
static void check_flag(const struct request_line *l, uint32_t *seen, struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE;
    assigns l->from, l->to, request->text, request->fault, request->at;
    ensures parsing(*l) && inside(request->text, l->b, l->e);
    KEEPS_FAULT; */
static void read_rest(struct request_line *l, bool flags, struct mc_request *request);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE && asked_inside(*request, l->b, l->e);
    assigns l->from, l->to, request->key, request->flags, request->number, request->exptime,
            request->size, request->has_size, request->fault, request->at, request->notes;
    ensures parsing(*l) && asked_inside(*request, l->b, l->e);
    KEEPS_FAULT; */
static void read_word(struct request_line *l, char letter, struct mc_request *request);

/*@ requires form < FORMS;
    assigns \nothing;
    ensures \valid_read(\result + (0 .. LETTERS - 1)) && \result[LETTERS - 1] == '\0'; */
static const char *letters_of(uint8_t form);

/*@ requires PARSED_LINE && REQUEST_BESIDE_LINE && asked_inside(*request, l->b, l->e);
    requires \valid_read(letters + (0 .. LETTERS - 1)) && letters[LETTERS - 1] == '\0';
    requires \separated(letters + (0 .. LETTERS - 1), l, request);
    assigns l->from, l->to, request->key, request->text, request->flags, request->number,
            request->exptime, request->size, request->has_size, request->fault, request->at,
            request->notes;
    ensures parsing(*l) && asked_inside(*request, l->b, l->e);
    KEEPS_FAULT; */
static void read_words(struct request_line *l, const char *letters, struct mc_request *request);

/*@ requires PARSED_LINE && k <= end <= NAMES_END;
    assigns \nothing; */
static bool is_name(const struct request_line *l, size_t k, size_t end);

/*@ requires PARSED_LINE;
    assigns \nothing;
    ensures \result <= NAMES;
    ensures \result < NAMES ==> l->from < l->to; */
static size_t find_name(const struct request_line *l);

/*@ requires PARSED_LINE && \valid_read(reader) && \separated(reader, l);
    assigns \nothing;
    ensures \result.command <= MC_REQUEST_SHUTDOWN && \result.form < FORMS;
    ensures \result.form <= TIMED_KEYS ==> 0 < \result.command && l->from < l->to; */
static struct naming naming_of(const struct mc_request_reader *reader,
                               const struct request_line *l);

/*@ requires \valid(in) && readable(*in);
    assigns \nothing;
    ensures parsing(\result) && \result.b == in->data && \result.end <= in->len;
    ensures \result.e <= in->len; */
static struct request_line request_line_in(const struct mc_bytes *in);

/*@ requires \valid(reader) && fault <= MC_WRONG_TLS && fault > 0;
    assigns reader->fault, reader->value_left;
    ensures \result == MC_E_PROTOCOL && reader->fault == (uint8_t)fault && reader->value_left == 0; */
static int break_request_reader(struct mc_request_reader *reader, enum mc_wrong fault);

/*@ requires \valid(reader) && PARSED_LINE && \separated(reader, l);
    requires standing(*reader) && reader->state == COMMAND && reader->fault == 0;
    assigns reader->fault, reader->value_left;
    ensures standing(*reader) && (\result == MC_MORE || \result == MC_E_PROTOCOL);
    ensures \result == MC_E_PROTOCOL <==> reader->fault != 0; */
static int wait_for_line(struct mc_request_reader *reader, const struct request_line *l);

/*@ requires \valid(in) && readable(*in) && n <= in->len;
    assigns *in;
    ensures in->len == \old(in->len) - n && in->data == \old(in->data) + n; */
static void move_past(struct mc_bytes *in, size_t n);

/*@ requires \valid(reader) && \valid(request) && \separated(reader, request);
    requires standing(*reader) && request->command <= MC_REQUEST_SHUTDOWN && reader->fault == 0;
    assigns reader->state, reader->value_left, reader->command;
    ensures standing(*reader) && reader->value_left == request->size;
    ensures reader->state == (request->size > 0 ? DATA : DATA_END); */
static void begin_value(struct mc_request_reader *reader, const struct mc_request *request);

/*@ requires ASKED && ASKED_APART && PARSED_LINE && \separated(l, reader, in, request);
    requires reader->state == COMMAND && reader->fault == 0 && 0 < l->end <= in->len;
    requires l->b == in->data && form < FORMS && request->command <= MC_REQUEST_SHUTDOWN;
    requires asked_inside(*request, l->b, l->e) && l->e < in->len;
    assigns reader->state, reader->value_left, reader->command, *in, *l, *request;
    LEAVES_THE_REST;
    ensures ONE_MORE_EVENT && reader->fault == \old(reader->fault); */
static int read_whole_line(struct mc_request_reader *reader, struct mc_bytes *in,
                           struct request_line *l, uint8_t form, struct mc_request *request);

/*@ requires ASKED && ASKED_APART && PARSED_LINE && \separated(l, reader, in, request);
    requires reader->state == COMMAND && reader->fault == 0 && 0 < l->to && l->e <= in->len;
    requires l->b == in->data && 0 < request->command <= MC_REQUEST_SHUTDOWN;
    requires asked_inside(*request, l->b, l->e);
    assigns *reader, *in, *l, *request;
    LEAVES_THE_REST;
    ensures \result == MC_MORE && reader->fault == 0 || \result == MC_E_PROTOCOL && reader->fault > 0 ||
            ONE_MORE_EVENT; */
static int begin_keys(struct mc_request_reader *reader, struct mc_bytes *in,
                      struct request_line *l, uint8_t form, struct mc_request *request);

/*@ requires ASKED && ASKED_APART && in->len > 0;
    requires reader->state == COMMAND && reader->fault == 0;
    requires request->key.len == 0 && request->text.len == 0 && request->size == 0;
    assigns *reader, *in, *request;
    LEAVES_THE_REST;
    ensures \result == MC_MORE && reader->fault == 0 || \result == MC_E_PROTOCOL && reader->fault > 0 ||
            ONE_MORE_EVENT; */
static int read_command(struct mc_request_reader *reader, struct mc_bytes *in,
                        struct mc_request *request);

/*@ requires ASKED && ASKED_APART && 0 < n <= in->len && reader->state == KEY && reader->fault == 0;
    requires request->key.len == 0 && request->text.len == 0 && request->size == 0;
    assigns reader->state, *in, request->notes, request->fault, request->at;
    LEAVES_THE_REST;
    ensures ONE_MORE_EVENT && reader->state == COMMAND; */
static int end_retrieval(struct mc_request_reader *reader, struct mc_bytes *in, size_t n,
                         struct mc_request *request);

/*@ requires ASKED && ASKED_APART && at < in->len && reader->state == KEY && reader->fault == 0;
    requires request->key.len == 0 && request->text.len == 0 && request->size == 0;
    assigns reader->state, *in, request->fault, request->at;
    LEAVES_THE_REST;
    ensures \result == MC_REQUEST_WRONG && reader->state == REST && ONE_MORE_EVENT; */
static int refuse_key(struct mc_request_reader *reader, struct mc_bytes *in, size_t at,
                      enum mc_wrong fault, struct mc_request *request);

/*@ requires ASKED && ASKED_APART && 0 < n <= in->len && reader->state == KEY && reader->fault == 0;
    requires request->key.len == 0 && request->text.len == 0 && request->size == 0;
    assigns reader->state, reader->spaced, reader->any_key, *in, request->key, request->notes,
            request->fault, request->at;
    LEAVES_THE_REST;
    ensures ONE_MORE_EVENT;
    ensures \result == MC_REQUEST_KEY ==> request->key.data == \old(in->data) &&
            0 < request->key.len <= MC_KEY_MAX; */
static int take_key(struct mc_request_reader *reader, struct mc_bytes *in, size_t n,
                    struct mc_request *request);

/*@ requires \valid(reader) && \valid(in) && readable(*in) && \separated(reader, in);
    requires \separated(reader, in->data + (0 .. in->len - 1));
    requires \separated(in, in->data + (0 .. in->len - 1));
    assigns reader->notes, reader->spaced, *in;
    ensures rest_of(*in, \old(in->data), \old(in->len)) && readable(*in);
    ensures in->len > 0 ==> in->data[0] != ' '; */
static void drop_spaces(struct mc_request_reader *reader, struct mc_bytes *in);

/*@ requires ASKED && ASKED_APART && reader->state == KEY && reader->fault == 0;
    requires request->key.len == 0 && request->text.len == 0 && request->size == 0;
    assigns *reader, *in, *request;
    LEAVES_THE_REST;
    ensures \result == MC_MORE && reader->fault == 0 || ONE_MORE_EVENT; */
static int read_key(struct mc_request_reader *reader, struct mc_bytes *in,
                    struct mc_request *request);

/*@ requires \valid(reader) && \valid(in) && readable(*in) && \separated(reader, in);
    requires \separated(reader, in->data + (0 .. in->len - 1));
    requires \separated(in, in->data + (0 .. in->len - 1));
    requires standing(*reader) && reader->state == REST;
    assigns reader->state, *in;
    ensures standing(*reader) && rest_of(*in, \old(in->data), \old(in->len)) && readable(*in);
    ensures reader->state == COMMAND || reader->state == REST && in->len == 0; */
static void drop_rest(struct mc_request_reader *reader, struct mc_bytes *in);

/*@ requires ASKED && ASKED_APART && reader->state == DATA && reader->fault == 0 && in->len > 0;
    requires request->key.len == 0 && request->text.len == 0 && request->size == 0;
    assigns reader->state, reader->value_left, *in, request->text;
    LEAVES_THE_REST;
    ensures \result == MC_REQUEST_DATA && ONE_MORE_EVENT;
    ensures request->text.data == \old(in->data) && request->text.len > 0;
    ensures in->len == \old(in->len) - request->text.len;
    ensures reader->value_left == \old(reader->value_left) - request->text.len;
    ensures reader->state == (reader->value_left > 0 ? DATA : DATA_END); */
static int read_data(struct mc_request_reader *reader, struct mc_bytes *in,
                     struct mc_request *request);

/*@ requires ASKED && ASKED_APART && reader->state == DATA_END && reader->fault == 0;
    requires request->fault == 0;
    requires request->key.len == 0 && request->text.len == 0 && request->size == 0;
    assigns reader->state, *in, request->fault, request->at;
    LEAVES_THE_REST;
    ensures \result == MC_MORE && *in == \old(*in) && reader->state == DATA_END ||
            in->len == \old(in->len) - 2 && reader->state == COMMAND && ONE_MORE_EVENT;
    ensures \result == MC_REQUEST_END <==> \old(in->len) >= 2 &&
            \old(in->data)[0] == '\r' && \old(in->data)[1] == '\n'; */
static int read_data_end(struct mc_request_reader *reader, struct mc_bytes *in,
                         struct mc_request *request);

/*@ requires \valid(request);
    assigns *request;
    ensures request->key.len == 0 && request->text.len == 0 && request->size == 0;
    ensures request->fault == 0 && request->command == 0; */
static void clear_request(struct mc_request *request);

/*@ requires \valid(reader) && standing(*reader) && reader->state == CONNECTION;
    requires reader->fault == 0;
    assigns reader->state, reader->fault, reader->value_left;
    ensures standing(*reader) && reader->state == COMMAND && reader->value_left == 0; */
static void read_first_byte(struct mc_request_reader *reader, char first);

/*@ requires ASKED && ASKED_APART && in->len > 0 && reader->fault == 0;
    requires reader->state == COMMAND || reader->state == KEY || reader->state >= DATA;
    requires request->key.len == 0 && request->text.len == 0 && request->size == 0;
    requires request->fault == 0;
    assigns *reader, *in, *request;
    LEAVES_THE_REST;
    ensures \result == MC_MORE && reader->fault == 0 || \result == MC_E_PROTOCOL && reader->fault > 0 ||
            ONE_MORE_EVENT; */
static int read_part(struct mc_request_reader *reader, struct mc_bytes *in,
                     struct mc_request *request);

/*@ requires ASKED && ASKED_APART;
    assigns *reader, *in, *request;
    LEAVES_THE_REST;
    ensures \result == MC_MORE || \result == MC_E_PROTOCOL || 0 < \result <= MC_REQUEST_SHUTDOWN;
    ensures \result == MC_E_PROTOCOL <==> reader->fault != 0;
    ensures \old(reader->fault) != 0 ==> *in == \old(*in) && *reader == \old(*reader);
    ensures \result > 0 ==> in->len < \old(in->len); */
int mc_request_next(struct mc_request_reader *reader, struct mc_bytes *in,
                    struct mc_request *request);

/*@ requires \valid(reader) && standing(*reader);
    assigns reader->value_left, reader->state;
    ensures standing(*reader);
    ensures size <= \old(reader->value_left) ==>
            reader->value_left == \old(reader->value_left) - size;
    ensures \old(reader->state) != DATA ==> reader->state == \old(reader->state);
    ensures \old(reader->state) == DATA ==>
            reader->state == (reader->value_left > 0 ? DATA : DATA_END); */
void mc_request_took(struct mc_request_reader *reader, uint32_t size);

/*@ requires \valid(reader) && \valid_read(request) && \separated(reader, request);
    requires standing(*reader) && request->command <= MC_REQUEST_SHUTDOWN;
    assigns reader->value_left, reader->state, reader->command;
    ensures standing(*reader);
    ensures \old(reader->state) != COMMAND ==> *reader == \old(*reader); */
void mc_request_swallow(struct mc_request_reader *reader, const struct mc_request *request);
