#!/usr/bin/env python3
"""What a core module has at first, as C for the board.

    image.py MODULE.wasm FOLDER TABLE-TYPES

TABLE-TYPES is the section `.synth.table_type_ids` of the object that synth made of the module. Writes FOLDER/image.h and FOLDER/image.c: the data
segments, the words of the globals, and the functions of the tables, which are at address 0 of the memory, with the numbers of their types behind
them. Functions are the symbols `func_INDEX` of the object. What it does not know ends it with an error.
"""

import struct
import sys


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def unsigned(self):
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self):
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value - (1 << shift) if byte & 0x40 else value

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def limits(self):
        flags = self.unsigned()
        initial = self.unsigned()
        maximum = self.unsigned() if flags & 1 else None
        page = 1 << self.unsigned() if flags & 8 else 65536
        return initial, maximum, page

    def constant(self):
        """The value of a constant expression, as bytes."""
        op = self.byte()
        if op == 0x41:
            value = struct.pack("<I", self.signed() & 0xFFFFFFFF)
        elif op == 0x42:
            value = struct.pack("<Q", self.signed() & 0xFFFFFFFFFFFFFFFF)
        elif op in (0x43, 0x44):
            value = self.take(4 if op == 0x43 else 8)
        else:
            sys.exit(f"error: a constant expression begins with {op:#x}")
        if self.byte() != 0x0B:
            sys.exit("error: a constant expression has more than one instruction")
        return value


def number(value):
    return int.from_bytes(value, "little")


class Module:
    def __init__(self, data):
        if data[:8] != b"\0asm\1\0\0\0":
            sys.exit("error: not a core module")
        self.memories, self.tables, self.globals, self.segments = [], [], [], []
        reader = Reader(data, 8)
        while reader.at < len(data):
            kind, size = reader.byte(), reader.unsigned()
            section = Reader(reader.take(size))
            read = {4: self.table, 5: self.memory, 6: self.glob, 9: self.element, 11: self.segment}.get(kind)
            if kind == 8:
                sys.exit("error: the module has a start section")
            if read:
                for _ in range(section.unsigned()):
                    read(section)

    def table(self, section):
        if section.byte() != 0x70:
            sys.exit("error: a table that is not one of functions")
        self.tables.append([None] * section.limits()[0])

    def memory(self, section):
        initial, _, page = section.limits()
        self.memories.append(initial * page)

    def glob(self, section):
        section.take(2)
        self.globals.append(section.constant())

    def element(self, section):
        flags = section.unsigned()
        if flags == 3:
            section.byte()
            for _ in range(section.unsigned()):
                section.unsigned()
            return
        if flags not in (0, 2):
            sys.exit(f"error: an element segment with flags {flags}")
        table = section.unsigned() if flags == 2 else 0
        at = number(section.constant())
        if flags == 2:
            section.byte()
        for slot in range(section.unsigned()):
            self.tables[table][at + slot] = section.unsigned()

    def segment(self, section):
        flags = section.unsigned()
        if flags == 1:
            sys.exit("error: a data segment that is not active")
        if flags == 2:
            section.unsigned()
        at = number(section.constant())
        self.segments.append((at, section.take(section.unsigned())))


def words(data):
    return ", ".join(f"0x{word:08x}" for (word,) in struct.iter_unpack("<I", data)) or "0"


def main():
    file, folder, types_file = sys.argv[1:]
    with open(file, "rb") as data:
        module = Module(data.read())
    memory = sum(module.memories)
    elements = sum(map(len, module.tables))
    globals_ = b"".join(module.globals)
    with open(types_file, "rb") as data:
        types = data.read()
    slots = [slot for table in module.tables for slot in table]
    below = min((at for at, _ in module.segments), default=memory)
    if 4 * elements + len(types) > below:
        sys.exit("error: a data segment is where synth has its tables")
    with open(f"{folder}/image.h", "w", encoding="utf-8") as out:
        out.write("// Written by image.py.\n#pragma once\n#include <stdint.h>\n")
        out.write(f"#define GLOBAL_WORDS {max(len(globals_) // 4, 1)}\n")
        out.write("extern const uint32_t image_globals[], image_types[];\nextern void (*const image_tables[])(void);\n")
        out.write("extern const uint32_t image_tables_bytes, image_types_bytes;\n")
        out.write("struct image_segment { uint32_t at, bytes; const uint8_t *data; };\n")
        out.write("extern const struct image_segment image_segments[];\n")
    with open(f"{folder}/image.c", "w", encoding="utf-8") as out:
        out.write('// Written by image.py.\n#include "image.h"\n')
        for slot in sorted({slot for slot in slots if slot is not None}):
            out.write(f"void func_{slot}(void);\n")
        out.write(f"const uint32_t image_globals[] = {{ {words(globals_)} }};\n")
        listed = ", ".join("0" if slot is None else f"func_{slot}" for slot in slots) or "0"
        out.write(f"void (*const image_tables[])(void) = {{ {listed} }};\n")
        out.write(f"const uint32_t image_tables_bytes = {4 * elements}, image_types_bytes = {len(types)};\n")
        out.write(f"const uint32_t image_types[] = {{ {words(types)} }};\n")
        for position, (_, data) in enumerate(module.segments):
            out.write(f"static const uint8_t data_{position}[] = {{ {', '.join(map(str, data))} }};\n")
        out.write("const struct image_segment image_segments[] = {\n")
        for position, (at, data) in enumerate(module.segments):
            if data:
                out.write(f"    {{ {at}, {len(data)}, data_{position} }},\n")
        out.write("    { 0, 0, 0 },\n};\n")


main()
