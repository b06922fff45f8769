/* What is proved of reader.c: a contract for each function. Frama-C alone reads this; see
 * tests/proof/README.md. */

/* A line of which i is an index, or its end; and what does not overlap it. */
#define LINE_AT(i) \valid(l) && line_there(*l) && i <= l->e
#define BESIDE_LINE(x) \separated(x, l, l->b + (0 .. l->e - 1))

/* What the reader is called with. */
#define INPUT \valid(reader) && \valid(in) && readable(*in) && \valid(reply)
#define INPUT_APART \separated(reader, in, reply, in->data + (0 .. in->len - 1))

/* What it leaves: the rest of the input, and slices of what it read. */
#define OFF_THE_FRONT                                      \
    ensures consistent(*reader);                                \
    ensures rest_of(*in, \old(in->data), \old(in->len)); \
    ensures slices_inside(*reply, \old(in->data), \old(in->len))

#define MORE_OR_BROKEN_OR_EVENT(STATE)                                              \
    (\result == MC_MORE && in->len == \old(in->len) && reader->state == STATE) ||   \
        (\result == MC_E_PROTOCOL && reader->state == BROKEN) ||                    \
        (0 < \result <= MC_SERVER_ERROR && in->len < \old(in->len) && reader->state != BROKEN)

/*@ // Where the reader stands between two calls.
    predicate consistent(struct mc_reader r) =
        r.state <= BROKEN && (r.state == BODY <==> r.body_left > 0);

    predicate readable(struct mc_bytes s) = \valid_read(s.data + (0 .. s.len - 1));

    // The slice is empty or lies in b[0..e).
    predicate inside(struct mc_bytes s, char *b, integer e) =
        s.len == 0 || (\base_addr(s.data) == \base_addr(b) && 0 <= s.data - b &&
                       (s.data - b) + s.len <= e);

    predicate slices_inside(struct mc_reply r, char *b, integer e) =
        inside(r.key, b, e) && inside(r.text, b, e);

    predicate line_there(struct line l) =
        l.at <= l.e <= MC_LINE_MAX && \valid_read(l.b + (0 .. l.e - 1));

    predicate is_empty(struct mc_reply r) = r.key.len == 0 && r.text.len == 0 && r.size == 0;

    // What is left of b[0..n) after something was read from its front.
    predicate rest_of(struct mc_bytes in, char *b, integer n) =
        in.len <= n && in.data == b + (n - in.len);

    // What a match_ or parse_ function returns: the index j after what it read from i on, or 0.
    predicate parsed(struct line l, integer i, integer j) =
        l.at <= l.e && (j == 0 || i <= j <= l.e);
*/

/*@ assigns \nothing;
    ensures \result <==> 'A' <= c <= 'Z' || 'a' <= c <= 'z'; */
static bool is_letter(char c);

/*@ assigns \nothing;
    ensures \result <==> '0' <= c <= '9'; */
static bool is_digit(char c);

/*@ assigns \nothing; */
static bool is_token_byte(char c);

/*@ requires \valid(l) && at <= l->e;
    assigns l->at, l->fault;
    ensures \result == 0 && l->at == at && l->fault == (uint8_t)fault; */
static size_t note_fault(struct line *l, size_t at, enum mc_fault fault);

/*@ requires LINE_AT(i);
    assigns l->at, l->fault;
    ensures \result == (i < l->e && l->b[i] == c ? i + 1 : 0);
    ensures parsed(*l, i, \result); */
static size_t match_byte(struct line *l, size_t i, char c, enum mc_fault fault);

/*@ requires LINE_AT(i);
    assigns l->at, l->fault;
    ensures parsed(*l, i, \result);
    ensures \result != 0 ==> \result == i + 2 && l->b[i] == '\r' && l->b[i + 1] == '\n'; */
static size_t match_end(struct line *l, size_t i);

/*@ requires LINE_AT(j) && 0 < j;
    assigns l->at, l->fault;
    ensures \result == 0 || \result == j;
    ensures parsed(*l, j, \result);
    ensures \result != 0 ==> j < l->e && (l->b[j] == ' ' || l->b[j] == '\r'); */
static size_t match_delimiter(struct line *l, size_t j, enum mc_fault fault);

/*@ requires LINE_AT(i) && 0 < i && \valid(token);
    requires BESIDE_LINE(token);
    assigns l->at, l->fault, *token;
    ensures parsed(*l, i, \result) && inside(*token, l->b, l->e);
    ensures \result != 0 ==> token->data == l->b + i && token->len == \result - i &&
                             1 <= token->len <= max; */
static size_t parse_token(struct line *l, size_t i, size_t max, enum mc_fault fault,
                         struct mc_bytes *token);

/*@ requires LINE_AT(i) && \valid(number);
    requires BESIDE_LINE(number);
    assigns l->at, l->fault, *number;
    ensures parsed(*l, i, \result) && *number <= max;
    ensures \result != 0 ==> is_decimal(l->b, i, \result, max) &&
                             *number == value_of(l->b, i, \result);
    ensures \result != 0 ==> \result < l->e && (l->b[\result] == ' ' || l->b[\result] == '\r'); */
static size_t parse_number(struct line *l, size_t i, uint64_t max, uint64_t *number);

/*@ requires LINE_AT(i) && \valid(text) && inside(*text, l->b, l->e);
    requires BESIDE_LINE(text);
    assigns *text;
    ensures i <= \result <= l->e && inside(*text, l->b, l->e); */
static size_t parse_text(const struct line *l, size_t i, struct mc_bytes *text);

/*@ requires LINE_AT(i) && 0 < i && \valid(text);
    requires inside(*text, l->b, l->e);
    requires BESIDE_LINE(text);
    assigns l->at, l->fault, *text;
    ensures parsed(*l, i, \result);
    ensures inside(*text, l->b, l->e); */
static size_t parse_flags(struct line *l, size_t i, struct mc_bytes *text);

/*@ requires LINE_AT(i) && 0 < i && \valid(reply);
    requires BESIDE_LINE(reply);
    assigns l->at, l->fault, reply->cas, reply->has_cas;
    ensures parsed(*l, i, \result); */
static size_t parse_cas(struct line *l, size_t i, struct mc_reply *reply);

/*@ requires LINE_AT(i) && 0 < i && \valid(reply);
    requires slices_inside(*reply, l->b, l->e);
    requires BESIDE_LINE(reply);
    assigns l->at, l->fault, reply->key, reply->text, reply->flags, reply->size, reply->cas,
            reply->has_cas;
    ensures parsed(*l, i, \result) && slices_inside(*reply, l->b, l->e);
    ensures \old(reply->size) <= MC_VALUE_MAX ==> reply->size <= MC_VALUE_MAX; */
static size_t parse_piece(struct line *l, size_t i, char piece, struct mc_reply *reply);

/*@ requires LINE_AT(i) && \valid(reply);
    requires slices_inside(*reply, l->b, l->e);
    requires \separated(reply, l, l->b + (0 .. l->e - 1), pieces + (0 .. PIECES_MAX - 1));
    requires \valid_read(pieces + (0 .. PIECES_MAX - 1)) && pieces[PIECES_MAX - 1] == '\0';
    requires reply->size <= MC_VALUE_MAX;
    requires \separated(l, pieces + (0 .. PIECES_MAX - 1));
    assigns l->at, l->fault, *reply;
    ensures parsed(*l, i, \result) && slices_inside(*reply, l->b, l->e);
    ensures reply->size <= MC_VALUE_MAX; */
static size_t parse_pieces(struct line *l, size_t i, const char *pieces, struct mc_reply *reply);

/*@ requires LINE_AT(0) && k <= WORDS_END;
    assigns \nothing;
    ensures \result <= l->e && k + \result <= WORDS_END;
    ensures \forall integer j; 0 <= j < \result ==>
        l->b[j] == words[k + j] && words[k + j] > ' '; */
static size_t match_word(const struct line *l, size_t k);

/*@ requires k <= WORDS_END;
    assigns \nothing;
    ensures k <= \result <= WORDS_END; */
static size_t next_word(size_t k);

/*@ assigns \nothing;
    ensures \result ==> c == ' ' || c == '\r' || c == ':'; */
static bool ends_word(char c, uint8_t event);

/*@ requires LINE_AT(0) && l->e > 0;
    assigns l->at, l->fault, l->event, l->shape;
    ensures parsed(*l, 1, \result);
    ensures \result != 0 ==> \result < l->e && l->shape < SHAPES;
    ensures \result != 0 ==> MC_VALUE <= l->event <= MC_SERVER_ERROR; */
static size_t parse_word(struct line *l);

/*@ requires LINE_AT(0) && l->e > 0 && \valid(reply);
    requires slices_inside(*reply, l->b, l->e);
    requires BESIDE_LINE(reply) && reply->size <= MC_VALUE_MAX;
    assigns l->at, l->fault, l->event, l->shape, *reply;
    ensures parsed(*l, 1, \result) && slices_inside(*reply, l->b, l->e);
    ensures \result != 0 ==> MC_VALUE <= l->event <= MC_SERVER_ERROR;
    ensures reply->size <= MC_VALUE_MAX; */
static size_t parse_worded_line(struct line *l, struct mc_reply *reply);

/*@ requires LINE_AT(0) && \valid(reply);
    requires BESIDE_LINE(reply);
    assigns l->at, l->fault, l->event, reply->number;
    ensures parsed(*l, 1, \result);
    ensures l->event == MC_NUMBER; */
static size_t parse_bare_number(struct line *l, struct mc_reply *reply);

/*@ requires \valid(reader);
    assigns reader->state, reader->fault, reader->at, reader->body_left;
    ensures \result == MC_E_PROTOCOL && reader->state == BROKEN && consistent(*reader); */
static int break_reader(struct mc_reader *reader, size_t at, enum mc_fault fault);

/*@ requires \valid(reader) && LINE_AT(0) && \separated(reader, l);
    requires consistent(*reader);
    assigns reader->state, reader->fault, reader->at, reader->body_left;
    ensures \result == MC_MORE && \old(*reader) == *reader && l->at >= l->e && l->e < MC_LINE_MAX ||
            \result == MC_E_PROTOCOL && reader->state == BROKEN;
    ensures consistent(*reader); */
static int unfinished_or_broken(struct mc_reader *reader, const struct line *l);

/*@ requires \valid(in) && readable(*in) && n <= in->len;
    assigns *in;
    ensures in->len == \old(in->len) - n && in->data == \old(in->data) + n; */
static void skip_bytes(struct mc_bytes *in, size_t n);

/*@ requires \valid(reply);
    assigns *reply;
    ensures is_empty(*reply); */
static void clear_reply(struct mc_reply *reply);

/*@ requires \valid(in) && readable(*in);
    assigns \nothing;
    ensures \result.b == in->data && \result.at == 0;
    ensures \result.e == \min(in->len, MC_LINE_MAX); */
static struct line line_in(const struct mc_bytes *in);

/*@ requires INPUT && is_empty(*reply);
    requires consistent(*reader) && reader->state == LINE && in->len > 0;
    requires INPUT_APART;
    assigns *reader, *in, *reply;
    OFF_THE_FRONT;
    ensures MORE_OR_BROKEN_OR_EVENT(LINE); */
static int read_line(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply);

/*@ requires INPUT && is_empty(*reply);
    requires consistent(*reader) && reader->state == STREAM && in->len > 0;
    requires INPUT_APART;
    assigns *reader, *in, *reply;
    OFF_THE_FRONT;
    ensures MORE_OR_BROKEN_OR_EVENT(STREAM); */
static int read_stream(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply);

/*@ requires INPUT && is_empty(*reply);
    requires consistent(*reader) && reader->state == BODY && in->len > 0;
    requires INPUT_APART;
    assigns *reader, *in, *reply;
    OFF_THE_FRONT;
    ensures \result == MC_BODY && reply->text.data == \old(in->data) && reply->text.len > 0;
    ensures in->len == \old(in->len) - reply->text.len;
    ensures reader->body_left == \old(reader->body_left) - reply->text.len;
    ensures reader->state == (reader->body_left > 0 ? BODY : TAIL); */
static int read_body(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply);

/*@ requires INPUT && is_empty(*reply);
    requires consistent(*reader) && reader->state == TAIL;
    requires INPUT_APART;
    assigns *reader, *in, reply->meta;
    OFF_THE_FRONT;
    ensures (\result == MC_MORE && in->len == \old(in->len) < 2 && reader->state == TAIL) ||
            (\result == MC_E_PROTOCOL && reader->state == BROKEN) ||
            (\result == (reader->meta ? MC_END : MC_MORE) && in->len == \old(in->len) - 2 &&
             reader->state == LINE);
    ensures reader->state == LINE ==>
            \old(in->data)[0] == '\r' && \old(in->data)[1] == '\n'; */
static int read_tail(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply);

/*@ requires INPUT && consistent(*reader);
    requires INPUT_APART;
    assigns *reader, *in, *reply;
    OFF_THE_FRONT;
    ensures \result == MC_MORE || \result == MC_E_PROTOCOL ||
            MC_VALUE <= \result <= MC_SERVER_ERROR;
    ensures \result == MC_E_PROTOCOL <==> reader->state == BROKEN;
    ensures \old(reader->state) == BROKEN ==> *in == \old(*in) && *reader == \old(*reader);
    ensures \result > 0 ==> in->len < \old(in->len);
    ensures \result == MC_MORE ==> \old(in->len) - in->len <= 2; */
int mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply);

/*@ requires \valid(reader) && consistent(*reader);
    assigns reader->body_left, reader->state;
    ensures consistent(*reader);
    ensures size <= \old(reader->body_left) ==>
            reader->body_left == \old(reader->body_left) - size;
    ensures \old(reader->state) == BODY ==> reader->state == (reader->body_left > 0 ? BODY : TAIL);
    ensures \old(reader->state) != BODY ==> reader->state == \old(reader->state); */
void mc_reader_took(struct mc_reader *reader, uint32_t size);

/*@ requires \valid(reader) && consistent(*reader);
    assigns reader->state;
    ensures consistent(*reader);
    ensures reader->state == (\old(reader->state) == LINE ? STREAM : \old(reader->state)); */
void mc_reader_stream(struct mc_reader *reader);

/*@ requires \valid(flag) && readable(token);
    requires \separated(flag, token.data + (0 .. token.len - 1));
    assigns flag->number, flag->ttl;
    ensures \result && letter != 't' ==>
            is_decimal(token.data, 0, token.len, UINT64_MAX) &&
            flag->number == value_of(token.data, 0, token.len);
    ensures \result && letter == 't' && flag->ttl >= 0 && flag->number > 0 ==>
            is_decimal(token.data, 0, token.len, INT32_MAX) &&
            flag->ttl == value_of(token.data, 0, token.len); */
static bool parse_flag_number(char letter, struct mc_bytes token, struct mc_flag *flag);

/*@ assigns \nothing; */
static bool has_flag_number(char letter);

/*@ requires \valid(flags) && readable(*flags) && \valid(flag);
    requires \separated(flags, flag, flags->data + (0 .. flags->len - 1));
    assigns *flags, *flag;
    ensures rest_of(*flags, \old(flags->data), \old(flags->len));
    ensures inside(flag->token, \old(flags->data), \old(flags->len));
    ensures \result == 0 || \result == 1 || \result == MC_E_PROTOCOL;
    ensures \result == 0 ==> \old(flags->len) == 0;
    ensures \result != 0 ==> flags->len < \old(flags->len); */
int mc_reader_flag(struct mc_bytes *flags, struct mc_flag *flag);
