#!/usr/bin/env python3
"""Runs a fused command as a core module: what it takes of WASI 0.2 in Python, for files below one folder.

    wasi_command.py MODULE INTERFACE FOLDER [ARGUMENT ...]

The command sees FOLDER as `/`, and the environment variables that begin with `LEDGER_`. Needs `wasmtime` from PyPI.
"""

import json
import os
import re
import stat
import sys

import wasmtime
from abi import Err, Ok, instantiate

CODES = {FileNotFoundError: "no-entry", FileExistsError: "exist", PermissionError: "access", IsADirectoryError: "is-directory",
         NotADirectoryError: "not-directory"}


class Exit(Exception):
    pass


class Output:
    """An output stream. What it writes to takes bytes and an offset, or appends."""

    def __init__(self, fd, offset=None):
        self.fd, self.offset = fd, offset

    def write(self, contents):
        if self.offset is None:
            os.write(self.fd, contents)
        else:
            self.offset += os.pwrite(self.fd, contents, self.offset)
        return Ok()


class Input:
    def __init__(self, fd, offset=0):
        self.fd, self.offset = fd, offset

    def read(self, length):
        data = os.pread(self.fd, min(length, 1 << 20), self.offset)
        self.offset += len(data)
        return Ok(data) if data or not length else Err(("closed", None))


class Descriptor:
    def __init__(self, fd, flags):
        self.fd, self.flags = fd, flags

    def __del__(self):
        os.close(self.fd)


def attempt(function):
    """A result of WASI: what the function returns, or the code of its error."""

    def call(*args):
        try:
            return Ok(function(*args))
        except OSError as error:
            return Err(CODES.get(type(error), "io"))

    return call


def open_at(self, path_flags, path, open_flags, flags):
    mode = os.O_RDWR if flags["read"] and flags["write"] else os.O_WRONLY if flags["write"] else os.O_RDONLY
    for flag, bit in [("create", os.O_CREAT), ("directory", os.O_DIRECTORY), ("exclusive", os.O_EXCL), ("truncate", os.O_TRUNC)]:
        mode |= bit if open_flags[flag] else 0
    if path.startswith("/") or ".." in path.split("/"):
        raise PermissionError(path)
    if not path_flags["symlink-follow"]:
        mode |= os.O_NOFOLLOW
    return Descriptor(os.open(path, mode, 0o666, dir_fd=self.fd), flags)


def kind(mode):
    for test, name in [(stat.S_ISREG, "regular-file"), (stat.S_ISDIR, "directory"), (stat.S_ISCHR, "character-device")]:
        if test(mode):
            return name
    return "unknown"


def status(self):
    found = os.fstat(self.fd)
    time = lambda ns: {"seconds": ns // 10**9, "nanoseconds": ns % 10**9}
    return {
        "type": kind(found.st_mode), "link-count": found.st_nlink, "size": found.st_size,
        "data-access-timestamp": time(found.st_atime_ns), "data-modification-timestamp": time(found.st_mtime_ns),
        "status-change-timestamp": time(found.st_ctime_ns),
    }


def metadata_hash(self):
    found = os.fstat(self.fd)
    return {"lower": found.st_ino, "upper": found.st_dev}


def leave(result):
    raise Exit(0 if isinstance(result, Ok) else 1)


def wasi(arguments, environment, folder):
    """The functions of WASI 0.2 that commands of the standard library import, without versions."""
    streams, files, cli = "wasi:io/streams#", "wasi:filesystem/types#", "wasi:cli/"
    write = lambda self, contents: self.write(contents)
    everything = {"read": True, "write": True, "mutate-directory": True}
    return {
        cli + "environment#get-environment": lambda: environment,
        cli + "environment#get-arguments": lambda: arguments,
        cli + "exit#exit": leave,
        cli + "stdin#get-stdin": lambda: Input(0),
        cli + "stdout#get-stdout": lambda: Output(1),
        cli + "stderr#get-stderr": lambda: Output(2),
        cli + "terminal-stdin#get-terminal-stdin": lambda: None,
        cli + "terminal-stdout#get-terminal-stdout": lambda: None,
        cli + "terminal-stderr#get-terminal-stderr": lambda: None,
        streams + "[method]output-stream.check-write": lambda self: Ok(1 << 16),
        streams + "[method]output-stream.write": write,
        streams + "[method]output-stream.blocking-write-and-flush": write,
        streams + "[method]output-stream.blocking-flush": lambda self: Ok(),
        streams + "[method]input-stream.read": lambda self, length: self.read(length),
        streams + "[method]input-stream.blocking-read": lambda self, length: self.read(length),
        "wasi:filesystem/preopens#get-directories":
            lambda: [(Descriptor(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), everything), "/")],
        files + "filesystem-error-code": lambda error: None,
        files + "[method]descriptor.open-at": attempt(open_at),
        files + "[method]descriptor.stat": attempt(status),
        files + "[method]descriptor.metadata-hash": attempt(metadata_hash),
        files + "[method]descriptor.get-flags": attempt(lambda self: self.flags),
        files + "[method]descriptor.get-type": attempt(lambda self: kind(os.fstat(self.fd).st_mode)),
        files + "[method]descriptor.read-via-stream": attempt(lambda self, offset: Input(os.dup(self.fd), offset)),
        files + "[method]descriptor.write-via-stream": attempt(lambda self, offset: Output(os.dup(self.fd), offset)),
        files + "[method]descriptor.append-via-stream":
            attempt(lambda self: Output(os.dup(self.fd), os.fstat(self.fd).st_size)),
    }


def main():
    module, interface, folder, *arguments = sys.argv[1:]
    with open(interface, encoding="utf-8") as text:
        description = json.load(text)
    environment = [item for item in os.environ.items() if item[0].startswith("LEDGER_")]
    functions = wasi(["command", *arguments], environment, folder)
    plain = lambda path: re.sub(r"@[^#]*", "", "#".join(path))
    paths = [item["path"] for item in description["imports"] if item["kind"] == "function"]
    host = {"#".join(path): functions[plain(path)] for path in paths}
    config = wasmtime.Config()
    config.wasm_multi_memory = True
    store = wasmtime.Store(wasmtime.Engine(config))
    exports = instantiate(store, wasmtime.Module.from_file(store.engine, module), description, host)
    run = next(function for path, function in exports.items() if plain([path]) == "wasi:cli/run#run")
    try:
        result = run()
    except Exit as exit:
        sys.exit(exit.args[0])
    sys.exit(0 if isinstance(result, Ok) else 1)


main()
