#!/usr/bin/env python3
"""The seeded bugs: one edit each, and the function whose proof it has to break.
usage: seeds.py --list [FILE]
       seeds.py N FOLDER: copies proto/ and src/ there with the edit of number N; fails unless it applies."""
import os
import shutil
import sys

R, D, T, I, H = 'reader.c', 'decimal.c', 'text.c', 'item.c', 'item.h'
Q, G = 'request.c', 'argument.c'
W, WH, C, M, A = 'writer.c', 'writer.h', 'put_classic.c', 'put_meta.c', 'put_admin.c'
E, K, N, Y, YH = 'engine.c', 'keys.c', 'meta.c', 'reply.c', 'reply.h'
SEEDS = [  # file, function, old text, new text, what is wrong
    (R, 'match_byte', 'return i < l->e && l->b[i] == c ?', 'return i <= l->e && l->b[i] == c ?', '<= for <'),
    (R, 'match_end', "match_byte(l, i, '\\n', MC_FAULT_END)", "match_byte(l, i, '\\r', MC_FAULT_END)", 'CR for LF'),
    (R, 'match_delimiter', "return j < l->e && (", "return j <= l->e && (", 'a byte after the line'),
    (R, 'parse_token', 'i + max + 1 : l->e', 'i + max + 2 : l->e', 'a scan one too far'),
    (R, 'parse_token', 'if (j - i > max ||', 'if (j - i > max + 1 ||', 'a key one too long'),
    (R, 'parse_token', 'token->len = j - i;', 'token->len = j - i + 1;', 'a slice one too long'),
    (R, 'parse_number', 'while (j < l->e && j - i <=', 'while (j <= l->e && j - i <=', 'a scan one too far'),
    (R, 'parse_number', 'mc_decimal_read(l->b, i, j, max, number)',
     'mc_decimal_read(l->b, i, j, UINT64_MAX, number)', 'no limit'),
    (R, 'parse_number', '    *number = 0;\n', '', 'a number kept'),
    (R, 'parse_text', 'text->len = j - i - 1;', 'text->len = j - i;', 'a slice one too long'),
    (R, 'parse_flags', 'text->len = i - start;', 'text->len = i - start + 1;', 'a slice one too long'),
    (R, 'parse_piece', 'parse_number(l, i, MC_VALUE_MAX, &number)', 'parse_number(l, i, UINT32_MAX, &number)',
     'a value of any size'),
    (R, 'parse_pieces', "pieces[k] != '\\0' && i > 0", 'i > 0', 'a row without an end'),
    (R, 'match_word', "while (j < l->e && words[k + j] > ' ' &&", "while (words[k + j] > ' ' &&",
     'the end forgotten'),
    (R, 'parse_word', 'if (j >= l->e)', 'if (j > l->e)', '> for >='),
    (R, 'parse_word', 'WORD_COUNT = sizeof meanings / sizeof meanings[0]',
     'WORD_COUNT = sizeof meanings * sizeof meanings[0]', 'rows that are not there'),
    (R, 'next_word', "k + (words[k] == ' ')", 'k + 1', 'a word after the last'),
    (R, 'unfinished_or_broken', 'if (l->e >= MC_LINE_MAX)', 'if (l->e > MC_LINE_MAX)', 'an endless line'),
    (R, 'break_reader', '    reader->state = BROKEN;\n', '', 'the state not set'),
    (R, 'break_reader', '    reader->body_left = 0;\n', '', 'a size kept'),
    (R, 'line_in', '.e = in->len < MC_LINE_MAX ? in->len : MC_LINE_MAX', '.e = in->len', 'no limit'),
    (R, 'read_line', '    skip_bytes(in, end);\n', '', 'a line read again'),
    (R, 'read_line', 'reply->size > 0 ? BODY : TAIL', 'BODY', 'an empty value awaited'),
    (R, 'read_stream', 'l.e = j + 1;', 'l.e = j + 2;', 'a byte after the line'),
    (R, 'read_body', 'in->len < reader->body_left ?', 'in->len > reader->body_left ?', '> for <'),
    (R, 'read_tail', 'if (in->len < 2)', 'if (in->len < 1)', 'half a CRLF is enough'),
    (R, 'read_tail', "if (in->len > 1 && in->data[1] != '\\n')", "if (in->len > 2 && in->data[1] != '\\n')",
     'any byte is LF'),
    (R, 'mc_reader_next', '    if (reader->state == BROKEN)\n        return MC_E_PROTOCOL;\n', '',
     'a broken reader reads on'),
    (R, 'mc_reader_took', 'size < reader->body_left ? size : reader->body_left', 'size', 'more than there is'),
    (R, 'mc_reader_stream', '    if (reader->state == LINE)\n        reader->state = STREAM;',
     '    reader->state = STREAM;', 'a broken reader reads on'),
    (R, 'parse_flag_number', "token.len > 0 && token.data[0]", 'token.data[0]', 'a byte after an empty flag'),
    (R, 'mc_reader_flag', 'flag->token.len = j - 1;', 'flag->token.len = j;', 'a slice one too long'),
    (T, 'text_at', 'while (texts[i] != \'\\0\')\n            i++;\n        i++;',
     'while (texts[i] != \'\\0\')\n            i++;\n        i += 2;', 'one text too far'),
    (D, 'add_digit', 'if (power[place] > max - *value)', 'if (power[place] > max)', 'no test of the sum'),
    (D, 'mc_decimal_digits', 'value >= power[digits]', 'value > power[digits]', '> for >='),
    (D, 'remove_digit', 'while (*value >= power[place])', 'while (*value > power[place])', '> for >='),
    (D, 'mc_decimal_read', 'e - i > MC_DECIMAL_MAX', 'e - i > MC_DECIMAL_MAX + 1', 'a digit too many'),
    (D, 'mc_decimal_read', " || (b[i] == '0' && e - i > 1)", '', 'zeros in front'),
    (WH, 'mc_writer_has_room', 'if (n <= w->cap - w->i)', 'if (n <= w->cap - w->i + 1)',
     'a byte after the buffer'),
    (WH, 'mc_writer_is_word_byte', 'byte > 0x20 &&', 'byte >= 0x20 &&', 'a space in a key'),
    (WH, 'mc_writer_is_word_byte', 'byte < 0x7f)', 'byte <= 0x7f)', 'DEL in a key'),
    (W, 'copy_eight', 'c < 0x21', 'c < 0x0d', 'CR in a key'),
    (W, 'copy_word', 'len - j >= EIGHT', 'len - j >= EIGHT - 1', 'eight bytes of seven'),
    (W, 'copy_word', 'from, j) == 0)', 'from, j) <= 1)', 'one bad byte does not count'),
    (W, 'mc_writer_token', 'token.len > max', 'token.len > max + 1', 'a key one too long'),
    (W, 'mc_writer_digits', 'w->i += digits;', 'w->i += digits + 1;', 'a byte never written'),
    (WH, 'mc_writer_end', 'has_room(w, 2)', 'has_room(w, 1)', 'no room for LF'),
    (WH, 'mc_writer_commit', '    if (w->error == 0)\n        out->len', '    out->len', 'half a command'),
    (W, 'mc_writer_keys', 'MC_REQUEST_MAX - 1;', 'MC_REQUEST_MAX;', 'a line one too long'),
    (W, 'mc_writer_keys', 'end - i < 1 + len + 2', 'end - i < 1 + len + 1', 'no room for LF'),
    (W, 'mc_writer_keys', "b[i] = '\\r';\n    b[i + 1] = '\\n';\n    //@", "b[i + 1] = '\\n';\n    //@",
     'bare LF'),
    (W, 'mc_writer_keys', 'len < 1 || len > MC_KEY_MAX', 'len > MC_KEY_MAX', 'an empty key'),
    (C, 'mc_put_store', 'item->value.len > MC_VALUE_MAX || ', '', 'a value of any size'),
    (M, 'put_mode', '!mc_writer_is_word_byte((char)mode) || ', '', 'a control byte as a mode'),
    (A, 'put_password', "!= ' ' && !mc_writer_is_word_byte", "== ' ' && !mc_writer_is_word_byte",
     'any byte in a password'),
    (A, 'put_auth_size', '    mc_writer_number(w, size);\n    mc_writer_end(w);\n',
     '    mc_writer_number(w, size);\n', 'a line without an end'),
    (A, 'put_milli', 'has_room(w, whole + 4)', 'has_room(w, whole + 3)', 'a byte after the buffer'),
    (A, 'put_words', 'start = j + 1;', 'start = j + 2;', 'a word from after its end'),
    (H, 'mc_item_number', 'i > MC_DECIMAL_SHORT)', 'i > MC_DECIMAL_SHORT + 1)', 'a digit too many'),
    (H, 'mc_item_word', 'key > e - 7', 'key > e - 6', 'a byte after the window'),
    (H, 'mc_item_value', 'e - i < reply->size + 4', 'e - i < reply->size + 3', 'half a CRLF'),
    (H, 'mc_item_value', 'return mc_item_crlf(b, end) ? end + 2 : 0;', 'return end + 2;', 'any end'),
    (H, 'mc_item_ends', 'return e - i == 5 &&', 'return e - i >= 5 &&', 'bytes after END'),
    (Q, 'find_byte', 'while (j < e && b[j] != c)', 'while (j <= e && b[j] != c)', 'a scan one too far'),
    (Q, 'read_size', 'MC_REQUEST_SIZE_MAX', 'UINT32_MAX', 'a value of any size'),
    (Q, 'begin_value', 'request->size > 0 ? DATA : DATA_END', 'DATA', 'an empty value awaited'),
    (Q, 'take_key', 'if (n > MC_KEY_MAX)', 'if (n > MC_KEY_MAX + 1)', 'a key one too long'),
    (Q, 'read_data_end', 'if (in->len < 2)', 'if (in->len < 1)', 'half a CRLF is enough'),
    (Q, 'mc_request_took', 'size < reader->value_left ? size : reader->value_left', 'size',
     'more than there is'),
    (G, 'skip_kind', 'while (j < e && is_of_kind', 'while (j <= e && is_of_kind', 'a scan one too far'),
    (G, 'mc_argument_number', 'first == plain_first', 'first >= plain_first', 'zeros in front are plain'),
    (G, 'mc_argument_base64', 'i += 4)', 'i += 3)', 'groups that overlap'),
    (I, 'mc_item_next', 'reader->state == 0 ?', 'reader->state < 2 ?', 'an item within a value'),
    (E, 'is_key', 'key.len > 0 && key.len <=', 'key.len <=', 'an empty key'),
    (E, 'line_rest', 'while (n < most &&', 'while (n <= most &&', 'a scan one too far'),
    (K, 'hash_key', 'key.len > HASHED ?', 'key.len < HASHED ?', 'bytes before the key'),
    (N, 'is_base64_of', 'token.len - i >= 4)', 'token.len - i >= 3)', 'a byte after the token'),
    (N, 'match_key_flag', 'if (end > e ||', 'if (end > e + 1 ||', 'a byte after the window'),
    (Y, 'mc_reply_number', 'number) ? j : 0;', 'number) ? j + 1 : 0;', 'a byte after the number'),
    (YH, 'mc_reply_same', 'n > 16', 'n > 17', 'a byte in the middle'),
    (YH, 'mc_reply_start', 'i == 0 || !mc_reply_same(in.data + 6, key.data, key.len)', 'i == 0',
     'an item for any key'),
    (YH, 'mc_reply_flags', 'e - i >= 2 &&', 'e - i >= 1 &&', 'a byte after the window'),
]


def plant(number, folder):
    file, _, old, new, _ = SEEDS[number]
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
    for part in ('proto', 'src', 'src/contracts', 'proto/contracts'):
        into = os.path.join(folder, 'contracts') if part.endswith('contracts') else folder
        os.makedirs(into, exist_ok=True)
        for name in os.listdir(os.path.join(top, part)):
            if name.endswith(('.c', '.h')):
                shutil.copy(os.path.join(top, part, name), into)
    path = os.path.join(folder, file)
    with open(path, encoding='utf-8') as f:
        text = f.read()
    if text.count(old) != 1:
        sys.exit(f'{file}: {text.count(old)} times in it: {old}')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text.replace(old, new))


if sys.argv[1] == '--list':
    for index, (name, function, _, _, wrong) in enumerate(SEEDS):
        print(index, name, function, wrong)
else:
    plant(int(sys.argv[1]), sys.argv[2])
