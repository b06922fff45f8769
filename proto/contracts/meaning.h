/* What is proved of argument.c, besides its header's functions. Frama-C alone reads this; see
 * tests/proof/README.md. */

/*@ assigns \nothing;
    ensures kind == SPACE ==> (\result <==> c == ' ');
    ensures kind == SOLID ==> (\result <==> c != ' ');
    ensures kind == DIGIT ==> (\result <==> '0' <= c <= '9');
    ensures kind == BLANK ==> (\result <==> 9 <= c <= 13);
    ensures kind == LETTER ==> (\result <==> 'A' <= c <= 'Z' || 'a' <= c <= 'z'); */
static bool is_of_kind(char c, enum kind kind);

/*@ requires i <= e && \valid_read(b + (i .. e - 1));
    assigns \nothing;
    ensures i <= \result <= e;
    ensures kind == DIGIT ==> digits(b, i, \result);
    ensures kind == SOLID ==> \forall integer k; i <= k < \result ==> b[k] != ' ';
    ensures kind == SPACE && \result < e ==> b[\result] != ' '; */
static size_t skip_kind(const char *b, size_t i, size_t e, enum kind kind);

/*@ requires i <= e && \valid_read(b + (i .. e - 1));
    assigns \nothing;
    ensures i <= \result <= e; */
static size_t skip_zeros(const char *b, size_t i, size_t e);

/*@ assigns \nothing; */
static enum argument argument_of(char letter);

/*@ requires \valid(flag) && readable(flag->token);
    requires \separated(flag, flag->token.data + (0 .. flag->token.len - 1));
    assigns flag->ttl; */
static bool read_seconds(struct mc_flag *flag);

/*@ requires \valid(flag) && readable(flag->token);
    requires \separated(flag, flag->token.data + (0 .. flag->token.len - 1));
    assigns flag->number; */
static bool read_count(struct mc_flag *flag);

/*@ requires \valid(flag) && readable(flag->token);
    requires \separated(flag, flag->token.data + (0 .. flag->token.len - 1));
    assigns flag->ttl, flag->number; */
static bool read_argument(struct mc_flag *flag);

/*@ assigns \nothing;
    ensures \result <= NO_DIGIT; */
static uint32_t sextet_of(char c);

/*@ requires 1 <= n <= 4 && \valid_read(b + (0 .. n - 1)) && \valid(to + (0 .. 2));
    requires \separated(to + (0 .. 2), b + (0 .. n - 1));
    assigns to[0 .. 2]; */
static bool decode_group(const char *b, size_t n, char *to);
