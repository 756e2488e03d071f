#!/usr/bin/env python3
"""Verifies a Holdfast audit log, or the proof of one record, with nothing of Holdfast.

Written from docs/audit.md, RFC 6962, RFC 8032 and the C2SP documents; Python's standard library only.

    verify.py --public-key VKEY_OR_FILE LOG_DIRECTORY [--checkpoint FILE ...]
    verify.py --public-key VKEY_OR_FILE --record FILE --proof FILE
    verify.py --self-test
"""

import argparse
import base64
import gzip
import hashlib
import json
import pathlib
import re
import sys
import zlib

import ed25519

# --- The Merkle tree, RFC 6962 section 2.1.


def leaf_hash(line):
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The roots of the perfect subtrees, from left to right; their sizes are the bits of `size`."""

    def __init__(self, size=0, roots=()):
        self.size, self.roots = size, list(roots)
        if len(self.roots) != bin(size).count("1"):
            raise ValueError(f"a frontier of {len(self.roots)} hashes does not describe {size} records")

    def add(self, line):
        added, size = leaf_hash(line), self.size
        while size & 1:
            added, size = node_hash(self.roots.pop(), added), size >> 1
        self.roots.append(added)
        self.size += 1

    def root(self):
        if not self.roots:
            return hashlib.sha256(b"").digest()
        result = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            result = node_hash(left, result)
        return result


def root_from_path(index, size, leaf, path):
    """The root that an audit path leads to (RFC 6962 section 2.1.1, read from the leaf up)."""
    node, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the proof is too long")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return result


# --- Verifier keys, signed notes and checkpoints.


def unbase64(text, length=None):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text or length not in (None, len(data)):
        raise ValueError(f"not the base64 that was expected: {text!r}")
    return data


class VerifierKey:
    def __init__(self, text):
        self.name, identifier, encoded = text.split("+", 2)
        material = unbase64(encoded, 33)
        self.id = hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:4]
        if material[0] != 1 or identifier != self.id.hex():
            raise ValueError("not the verifier key of an Ed25519 key")
        self.public_key = material[1:]

    def open_checkpoint(self, text, signatures):
        """(size, root) of a checkpoint that this key has signed; ValueError otherwise."""
        valid = False
        for line in signatures:
            name, _, encoded = line[2:].partition(" ")
            blob = unbase64(encoded)
            if name == self.name and blob[:4] == self.id:
                if not ed25519.verify(self.public_key, text.encode(), blob[4:]):
                    raise ValueError("a checkpoint with a wrong signature")
                valid = True
        if not valid:
            raise ValueError("a checkpoint that another key has signed")
        origin, size, root = text.split("\n")[:3]
        if origin != self.name or not re.fullmatch(r"0|[1-9][0-9]*", size):
            raise ValueError("a checkpoint of another log, or none")
        return int(size), unbase64(root, 32)


def split_notes(data):
    """(text, signature lines) of every note in a file that holds them one after the other.

    What stands behind the last whole signature line is none yet: it is being written, or was in a crash.
    """
    lines = data.decode("utf-8").split("\n")[:-1]
    text, notes = [], []
    for line in lines:
        if not line.startswith("— "):
            text.append(line)
        elif text:
            if text.pop() != "":
                raise ValueError("no empty line before the signatures")
            notes.append(("".join(part + "\n" for part in text), [line]))
            text = []
        elif notes:
            notes[-1][1].append(line)
        else:
            raise ValueError("a signature of nothing")
    return notes


# --- The log.


class LogVerifier:
    def __init__(self, key):
        self.key, self.problems, self.checkpoints = key, [], {}
        self.tree, self.previous, self.first, self.records, self.signed = None, None, None, 0, 0
        self.retentions, self.taken_over = [], []

    def read_checkpoints(self, path):
        try:
            for text, signatures in split_notes(path.read_bytes()):
                size, root = self.key.open_checkpoint(text, signatures)
                if self.checkpoints.setdefault(size, root) != root:
                    self.problems.append(f"{path.name}: forked: two checkpoints of {size} records differ")
        except (OSError, ValueError) as error:
            self.problems.append(f"{path.name}: {error}")

    def read_segment(self, paths, last):
        try:
            contents = [gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in paths]
            if contents.count(contents[0]) != len(contents):
                raise ValueError("is there twice, and differs")
            lines = contents[0].split(b"\n")
            if lines.pop() != b"" and not last:
                raise ValueError("ends in the middle of a line")
            if not lines and not last:
                raise ValueError("is empty")
            for number, line in enumerate(lines):
                self.read_line(line, int(paths[0].name[:12]) if number == 0 else None)
        except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
            self.problems.append(f"{paths[0].name}: {type(error).__name__}: {error}")

    def read_line(self, line, segment):
        """Adds one line to the tree; `segment` is the number in the name of the file that it begins."""
        record = json.loads(line.decode("ascii"))
        if segment is not None:
            self.begin_segment(record, segment)
        if type(record["sequence"]) is not int or record["sequence"] != self.tree.size:
            self.problems.append(f"record {self.tree.size}: has the sequence {record['sequence']}")
        expected = None if self.previous is None else base64.b64encode(self.previous).decode()
        if record.get("previous") != expected and (self.records > 0 or self.tree.size == 0):
            self.problems.append(f"record {self.tree.size}: does not follow on from the line before")
        if record["type"] == "retention":
            self.retentions.append((self.tree.size, record["firstSequence"], record["lastSequence"]))
        if record["type"] == "recovery" and "unsignedFirst" in record:
            self.taken_over.append(range(record["unsignedFirst"], record["unsignedLast"] + 1))
        self.tree.add(line)
        self.previous, self.records = leaf_hash(line), self.records + 1
        self.compare()

    def begin_segment(self, record, segment):
        tree = Tree(segment, [unbase64(root, 32) for root in record["frontier"]])
        if record["type"] != "segment" or record["origin"] != self.key.name:
            self.problems.append(f"record {segment}: does not begin a segment of this log")
        if self.tree is None:
            self.tree, self.first = tree, segment
            self.compare()
        elif (self.tree.size, self.tree.roots) != (tree.size, tree.roots):
            self.problems.append(f"record {segment}: its frontier is not that of the records before it")
            self.tree = tree

    def compare(self):
        """Holds the tree against the checkpoint of its size, if there is one."""
        root = self.checkpoints.get(self.tree.size)
        if root is not None and root == self.tree.root():
            self.signed = self.tree.size
        elif root is not None:
            self.problems.append(f"not as signed: the checkpoint of {self.tree.size} records has another root")

    def verify(self, directory, kept):
        segments = {}
        for path in sorted(directory.iterdir()):
            if re.fullmatch(r"[0-9]{12}\.jsonl(\.gz)?", path.name):
                segments.setdefault(path.name[:12], []).append(path)
            elif re.fullmatch(r"[0-9]{12}\.checkpoints", path.name):
                self.read_checkpoints(path)
        for path in kept:
            self.read_checkpoints(path)
        for name in segments:
            self.read_segment(segments[name], name == max(segments))
        end = self.tree.size if self.tree else 0
        if not self.records:
            self.problems.append("there are no records")
        for size in sorted(size for size in self.checkpoints if size > end):
            self.problems.append(f"cut off: {size} records are signed, and the log ends after {end}")
        if self.records and not self.signed:
            self.problems.append("unsigned: no checkpoint vouches for any record")
        # Only a signed record can excuse that the beginning is missing: anybody can append an unsigned one,
        # and a server that takes it over does not know who did.
        excuses = [(a, b) for at, a, b in self.retentions
                   if at < self.signed and not any(at in taken for taken in self.taken_over)]
        if self.first and not any(a < self.first <= b + 1 for a, b in excuses):
            self.problems.append(f"removed: the log begins with record {self.first}, and no signed record says why")
        return {"ok": not self.problems, "records": self.records, "first": self.first,
                "last": end - 1 if self.records else None, "signed": self.signed, "problems": self.problems}


def verify_proof(key, record, proof):
    """c2sp.org/tlog-proof; the leaf is the record's line without its line feed."""
    problems, index, size = [], None, 0
    try:
        head, _, note = proof.decode("utf-8").partition("\n\n")
        lines = head.split("\n")
        if lines.pop(0) != "c2sp.org/tlog-proof@v1":
            raise ValueError("not a tlog-proof")
        if lines and lines[0].startswith("extra "):
            unbase64(lines.pop(0)[6:])
        index = int(re.fullmatch(r"index (0|[1-9][0-9]*)", lines.pop(0))[1])
        [(text, signatures)] = split_notes(note.encode())
        if not note.endswith("\n") or signatures[-1] != note.split("\n")[-2]:
            raise ValueError("the proof does not end with its checkpoint")
        size, root = key.open_checkpoint(text, signatures)
        line = record[:-1] if record.endswith(b"\n") else record
        path = [unbase64(text, 32) for text in lines]
        if index >= size or root_from_path(index, size, leaf_hash(line), path) != root:
            raise ValueError("the proof does not lead from this record to the signed root")
        if json.loads(line)["sequence"] != index:
            raise ValueError("the record has another sequence than the proof's index")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        problems.append(f"{type(error).__name__}: {error}")
    return {"ok": not problems, "records": 1, "first": index, "last": index, "signed": size, "problems": problems}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=pathlib.Path, metavar="LOG_DIRECTORY")
    parser.add_argument("--public-key", metavar="VKEY_OR_FILE")
    parser.add_argument("--checkpoint", nargs="+", action="extend", default=[], type=pathlib.Path, metavar="FILE")
    parser.add_argument("--record", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--proof", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--self-test", action="store_true")
    given = parser.parse_args()
    try:
        if given.self_test:
            result = ed25519.self_test()
        else:
            file = pathlib.Path(given.public_key or parser.error("--public-key is missing"))
            key = VerifierKey((file.read_text() if file.is_file() else given.public_key).strip())
            if given.proof and given.record:
                result = verify_proof(key, given.record.read_bytes(), given.proof.read_bytes())
            else:
                directory = given.directory or parser.error("LOG_DIRECTORY is missing")
                result = LogVerifier(key).verify(directory, given.checkpoint)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
