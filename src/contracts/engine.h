/* What is proved of engine.c. Frama-C alone reads this; see tests/proof/README.md. */

/*@ predicate key_byte{L}(char *b, integer i) = (unsigned char)b[i] > 0x20 && b[i] != 0x7f;

    predicate key_bytes{L}(char *b, integer n) = \forall integer k; 0 <= k < n ==> key_byte(b, k);

    predicate no_line_end{L}(char *b, integer n) = \forall integer k; 0 <= k < n ==> b[k] != '\n';
*/

/*@ requires \valid_read(key.data + (0 .. key.len - 1));
    assigns \nothing;
    ensures \result ==> 0 < key.len <= MC_KEY_MAX && key_bytes(key.data, key.len);
    ensures 0 < key.len <= MC_KEY_MAX && key_bytes(key.data, key.len) ==> \result; */
static bool is_key(struct mc_bytes key);

/*@ requires n + 1 <= SIZE_MAX && \valid(parts + n);
    assigns parts[n];
    ensures \result == n + 1 && parts[n].data == data && parts[n].len == len; */
static size_t add_slice(struct mc_bytes *parts, size_t n, const char *data, size_t len);

/*@ requires \valid_read(bytes.data + (0 .. bytes.len - 1));
    assigns \nothing;
    ensures \result <= bytes.len && \result <= room;
    ensures \result > 0 ==> no_line_end(bytes.data, \result - 1);
    ensures \result < bytes.len && \result < room ==>
            \result > 0 && bytes.data[\result - 1] == '\n'; */
static size_t line_rest(struct mc_bytes bytes, size_t room);
