/* What is proved of decimal.h. Frama-C alone reads this; see tests/proof/README.md. */

/*@ // The value of the digits b[i..e).
    logic integer value_of{L}(char *b, integer i, integer e) =
        e <= i ? 0 : 10 * value_of(b, i, e - 1) + (b[e - 1] - '0');

    predicate digits{L}(char *b, integer i, integer e) =
        \forall integer k; i <= k < e ==> '0' <= b[k] <= '9';

    // b[i..e) is the one way to write a number up to max.
    predicate is_decimal{L}(char *b, integer i, integer e, integer max) =
        0 < e - i <= MC_DECIMAL_MAX && digits(b, i, e) && (b[i] == '0' ==> e - i == 1) &&
        value_of(b, i, e) <= max;

    logic integer ten_to(integer n) = n <= 0 ? 1 : 10 * ten_to(n - 1);
*/

/*@ requires \valid_read(b + (i .. e - 1)) && \valid(value);
    requires \separated(value, b + (i .. e - 1));
    assigns *value;
    ensures \result ==> is_decimal(b, i, e, max) && *value == value_of(b, i, e);
    ensures is_decimal(b, i, e, max) ==> \result;
    ensures !\result ==> *value == 0; */
bool mc_decimal_read(const char *b, size_t i, size_t e, uint64_t max, uint64_t *value);

/*@ assigns \nothing;
    ensures 1 <= \result <= MC_DECIMAL_MAX && value < ten_to(\result);
    ensures \result > 1 ==> ten_to(\result - 1) <= value; */
size_t mc_decimal_digits(uint64_t value);

/*@ requires digits <= MC_DECIMAL_MAX && i + digits <= SIZE_MAX && value < ten_to(digits);
    requires \valid(b + (i .. i + digits - 1));
    assigns b[i .. i + digits - 1];
    ensures digits(b, i, i + digits) && value_of(b, i, i + digits) == value; */
void mc_decimal_write(char *b, size_t i, size_t digits, uint64_t value);
