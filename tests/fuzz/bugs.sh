# Bugs that are planted in a copy of the library, each of a kind that other clients have had. A fuzz
# target has to find each, with its kept inputs or in a short run. Source it after fuzz.sh.
# shellcheck shell=bash
# shellcheck disable=SC2154 # fuzz_root, fuzz_out, fuzz_quick

bug_names=() bug_targets=() bug_files=() bug_changes=()
bug_count=0

# bug NAME TARGET FILE CHANGE: a sed program that changes the file.
bug() {
    bug_names+=("$1") bug_targets+=("$2") bug_files+=("$3") bug_changes+=("$4")
    bug_count=$((bug_count + 1))
}

bug 'a key of 251 bytes is accepted' reader proto/reader.c \
    '/case .k.:/ s/MC_KEY_MAX/MC_KEY_MAX + 1/'
bug 'a value ends without a check of its LF' reader proto/reader.c \
    '/in->len > 1 && in->data\[1\]/ s/in->len > 1/in->len > 2/'
bug 'one byte after the line is read' reader proto/reader.c \
    '/^static size_t match_byte(/,/^}/ s/i < l->e/i <= l->e/'
bug 'a number with a leading zero is accepted' reader proto/decimal.c \
    "s/ || (b\[i\] == '0' && e - i > 1)//"
bug 'a request ends with half of its CRLF' request proto/request.c \
    "s/else if (in->data\[1\] != '.n')/else if (in->data[1] == 'x')/"
bug 'a key of 251 bytes in a retrieval' request proto/request.c \
    's/if (n > MC_KEY_MAX)/if (n > MC_KEY_MAX + 1)/'
bug 'noreply is not seen after flags' request proto/request.c \
    's/l->left >= forms/l->left > forms/'
bug 'a negative number is another' request proto/request.c \
    's/n.negative ? -(int64_t)n.size : (int64_t)n.size/(int64_t)n.size/'
bug 'an item for a key that only begins so' reader proto/item.h \
    's/mc_item_same(b + 6, key.data, key.len)/mc_item_same(b + 6, key.data, key.len - 1)/'
bug 'a byte 0x7f is sent in a key of eight bytes and more' put proto/writer.c \
    's/c > 0x7e/c > 0x7f/'
bug 'a byte is written after the buffer' put proto/writer.h \
    '/^inline bool mc_writer_has_room/,/^}/ s/n <= w->cap - w->i/n <= w->cap - w->i + 1/'
bug 'a flag twice' put proto/put_meta.c \
    's/any_flag_is(flags, k, flags\[k\].letter)/any_flag_is(flags, 0, flags[k].letter)/'
bug 'the returned key is not compared' client src/meta.c \
    '/^static bool is_same_token(/,/^}/ s/return .*/return a.len == b.len;/'
bug 'a value goes to another key of its length' client src/keys.c \
    '/^static bool is_open_slot(/,/^}/ s/memcmp(own.data, key.data, key.len) == 0/true/'
bug 'an END with bytes after it is a miss' client src/engine.c \
    '/^static int read_alone(/,/^}/ s/in.len > 0 ?/in.len > 9 ?/'
bug 'a lost write is reported as not done' client src/engine.c \
    '/^static int fate(/,/^}/ s/gone \&\&/false \&\&/'
bug 'the connection lives on after CLIENT_ERROR to a set' client src/command.c \
    's/(event == MC_ERROR || event == MC_CLIENT_ERROR)/event == MC_ERROR/'
bug 'the connection lives on after an error within a reply' client src/keys.c \
    's/second.op == NULL \&\& e->answered == 0 ?/second.op == NULL ?/'
bug 'the connection lives on after an error within a reply to a single key' client src/retrieval.c \
    's/return begun ? MC_ANSWER_AMBIGUOUS : /return /'
bug 'a flag that was asked for may be missing' client src/meta.c \
    's/if (done \&\& returns_all \&\& /if (false \&\& /'
bug 'a refused quiet command is taken for one of its group' client src/meta.c \
    's/while (op->state == MC_OP_DONE)/while (false)/'
bug 'keys that are refused last hold up the others' client src/engine.c \
    's/if (e->batch == 0 || (op != NULL .*/if (op != NULL \&\& op->state == MC_OP_DONE)/'
bug 'the engine compares only the lengths of keys' engine src/keys.c \
    '/^static bool is_open_slot(/,/^}/ s/memcmp(own.data, key.data, key.len) == 0/true/'
bug 'a write that has not gone is unknown' engine src/engine.c \
    '/^static int fate(/,/^}/ s/gone \&\& //'
bug 'a refused quiet command takes the place of the next' engine src/meta.c \
    '/^static struct mc_op \*op_after(/,/^}/ s/while (op->state == MC_OP_DONE)/while (false)/'
bug 'two quiet commands have one opaque' engine src/engine.c \
    '/^static int put_quiet(/,/^}/ s/e->ticket++;//'
bug 'the last keys of many are refused, and nothing moves on' engine src/engine.c \
    's/if (e->batch == 0 || (op != NULL .*/if (op != NULL \&\& op->state == MC_OP_DONE)/'
bug 'a reply counts before all of its command has gone' engine src/reply.h \
    's/op->end - after <= engine->gone/op->end - after <= engine->gone + 1/'
bug 'the reply to a cancelled operation goes to the next' engine src/engine.c \
    '/^int mc_engine_cancel(/,/^}/ s/leave_replies(engine, op, 1)/leave_replies(engine, op, 0)/'
bug 'the window grows by the size of a cancelled operation' engine src/engine.c \
    '/^static void end_skipped(/,/^}/ s/e->unanswered -= \*size;//'
bug 'a slice begins one byte late after a large value' engine src/engine.c \
    '/^static size_t gather_parts(/,/^}/ s/aside += op->data.len;/aside += op->data.len - 1;/'
bug 'what is kept of a lent buffer lacks its last byte' engine src/engine.c \
    '/^static void keep_rest(/,/^}/ s/e->end += rest.len/e->end += rest.len - 1/'
bug 'an item is not let go of when its value has been sent' serve src/learn/answer.c \
    '/^static void end_value(/,/^}/ s/mc_cache_release(.*//'
bug 'a client that leaves keeps what it was storing' serve src/learn/serve.c \
    '/^void mc_serve_leave(/,/^}/ s/if (client->store.item != NULL)/if (false)/'
bug 'what is deleted still counts' serve src/learn/cache.c \
    '/^void mc_cache_unlink(/,/^}/ s/cache->bytes -= .*//'
bug 'a line that comes in pieces is read too soon' serve src/learn/serve.c \
    's/if (!whole && in->len < MC_REQUEST_MAX)/if (!whole \&\& in->len < 100)/'

# bug_plant K: copies the product to $fuzz_out/bug-K, with the bug.
bug_plant() {
    local folder=$fuzz_out/bug-$1
    mkdir "$folder" && cp -r "$fuzz_root/proto" "$fuzz_root/src" "$folder" &&
        sed -i "${bug_changes[$1]}" "$folder/${bug_files[$1]}" || return
    if cmp -s "$fuzz_root/${bug_files[$1]}" "$folder/${bug_files[$1]}"; then
        echo "the bug is nowhere to be planted: ${bug_files[$1]}"
        return 1
    fi
}

# bug_hunt K: true when the bug is found with the kept inputs, or within 30 s.
bug_hunt() {
    local program=$fuzz_out/bug-$1-fuzzer target=${bug_targets[$1]}
    bug_plant "$1" &&
        fuzz_build "$program" "$target" "$fuzz_out/bug-$1" "${fuzz_quick[@]}" -fsanitize=fuzzer ||
        return
    ASAN_OPTIONS=symbolize=0 fuzz_run "$program" "$target" 30 "$program.log"
    grep -a -q -E '^found: |^SUMMARY: ' "$program.log" && return
    echo 'not found'
    return 1
}
