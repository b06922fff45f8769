/* What is proved of text.c. Frama-C alone reads this; see tests/proof/README.md. */

/*@ requires end >= 1 && \valid_read(texts + (0 .. end));
    requires texts[end - 1] == '\0' && texts[end] == '\0';
    assigns \result \from texts, index;
    ensures \valid_read(\result); */
static const char *text_at(const char *texts, int index) /*@ ghost (int end) */;

/*@ assigns \result \from result, &error_texts[0], &event_texts[0];
    ensures \valid_read(\result); */
const char *mc_text(int result);

/*@ assigns \result \from fault, &fault_texts[0];
    ensures \valid_read(\result); */
const char *mc_text_fault(int fault);

/*@ assigns \result \from \nothing; */
const char *mc_version(void);

/*@ requires string == \null ||
            \exists integer n; 0 <= n <= PTRDIFF_MAX && string[n] == '\0' &&
                \valid_read(string + (0 .. n));
    assigns \nothing;
    ensures \result.data == string;
    ensures string == \null ==> \result.len == 0;
    ensures string != \null ==> string[\result.len] == '\0'; */
struct mc_bytes mc_string(const char *string);
