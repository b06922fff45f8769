#!/usr/bin/env python3
"""What Eva reads of proto/: the code, and of the contracts the loop invariants that WP proves and Eva
can evaluate. strip.py FOLDER FILE...: writes the files there."""
import os
import re
import sys

# A name that only WP knows: predicates, logic functions and ghost variables; and what Eva cannot say.
UNKNOWN = re.compile(r'\b(parsed|slices_inside|inside|digits|value_of|word|same|plain|consistent|goes_on|'
                     r'is_key|line|start|count|n|ten_to|whole|given_flags|has_letters|letters)\b'
                     r'|\\forall|\\exists')


def kept(block):
    """A loop's annotation, of which only what can be used is left."""
    body = re.sub(r'^\s*/\*@|\*/$', '', block.strip())
    clauses = [' '.join(c.split()) for c in body.split(';')]
    facts = []
    for clause in clauses:
        if clause.startswith('loop invariant'):
            facts += clause[len('loop invariant'):].split('&&')
    good = [f.strip() for f in facts if not UNKNOWN.search(f) and f.count('(') == f.count(')')]
    return '/*@ ' + ' '.join('loop invariant %s;' % f for f in good) + ' */' if good else ''


def strip(text):
    text = re.sub(r'^#ifdef __FRAMAC__\n.*?^#endif\n', '', text, flags=re.M | re.S)
    text = re.sub(r'^/\*@.*?\*/\n', '', text, flags=re.M | re.S)
    text = re.sub(r'/\*@ ghost \(.*?\) \*/', '', text)
    text = re.sub(r'/\*@ ghost.*?\*/', '', text, flags=re.S)
    text = re.sub(r'//@(.*)', lambda m: '' if UNKNOWN.search(m[1]) or ' assert' not in m[1] else m[0],
                  text)
    return re.sub(r'/\*@.*?\*/', lambda m: kept(m.group()), text, flags=re.S)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for path in sys.argv[2:]:
        with open(path, encoding='utf-8') as source:
            text = strip(source.read())
        with open(os.path.join(folder, os.path.basename(path)), 'w', encoding='utf-8') as out:
            out.write(text)


main()
