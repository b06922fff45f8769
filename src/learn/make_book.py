#!/usr/bin/env python3
"""Writes a C file with the texts of a folder, and a file for make that says what it is made of:
make_book.py FOLDER FILE DEPFILE NAME. NAME_pages and NAME_count are declared in NAME.h."""
import pathlib
import sys


def array(name, data):
    numbers = ["%d," % byte for byte in data]
    lines = ["".join(numbers[i:i + 24]) for i in range(0, len(numbers), 24)]
    return "static const char %s[] = {\n%s\n};\n" % (name, "\n".join(lines))


def main(folder, to, depends, name):
    files = sorted(pathlib.Path(folder).glob("*.txt"), key=lambda file: file.stem)
    arrays = [array("page_%d" % i, file.read_bytes()) for i, file in enumerate(files)]
    rows = ['    {"%s", {page_%d, sizeof page_%d}},' % (file.stem, i, i)
            for i, file in enumerate(files)]
    pathlib.Path(to).write_text("\n".join([
        "/* Written by make_book.py. */", '#include "%s.h"\n' % name, *arrays,
        "const struct book_page %s_pages[] = {" % name, *rows, "};\n",
        "const size_t %s_count = sizeof %s_pages / sizeof *%s_pages;" % (name, name, name), ""]), encoding="utf-8")
    pathlib.Path(depends).write_text(
        "%s: %s\n" % (to, " ".join([folder, __file__, *map(str, files)])), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
