#!/usr/bin/env python3
"""Verifies a Holdfast audit log, or the proof of one record, with nothing of Holdfast.

Written from docs/audit.md, RFC 6962, RFC 8032 and the C2SP documents; Python's standard library only.

    verify.py --public-key VKEY_OR_FILE LOG_DIRECTORY [--checkpoint FILE ...]
    verify.py --public-key VKEY_OR_FILE --record FILE --proof FILE
    verify.py --self-test
"""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import re
import stat
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


def split_notes(lines):
    """(text, signature lines) of every note that stand one after the other, and the lines behind the last."""
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
        if sum(map(len, text)) > MAX_NOTE:
            raise ValueError("a text that is too long for a signed note")
    return notes, text


# --- Files. Whoever can write to the folder of a log can put anything there.

CHUNK, MAX_LINE, MAX_NOTE, MAX_TORN = 1 << 20, 1 << 20, 1 << 16, 1 << 10
MAX_PROBLEMS, MAX_OF_A_SEGMENT = 100, 10_000


class Unreadable(ValueError):
    pass


def chunks(path, anything=False):
    """The bytes of a regular file, which is never waited for; of anything where the caller has named it."""
    file = os.open(path, os.O_RDONLY | (0 if anything else os.O_NONBLOCK | os.O_NOCTTY))
    try:
        if not anything and not stat.S_ISREG(os.fstat(file).st_mode):
            raise Unreadable("is no file")
        while chunk := os.read(file, CHUNK):
            yield chunk
    finally:
        os.close(file)


def unzipped(compressed):
    """The contents of gzip members that follow each other, and nothing else, a bounded piece at a time."""
    member, is_begun = None, False
    for chunk in compressed:
        while chunk:
            if member is None:
                member, is_begun = zlib.decompressobj(31), True
            yield member.decompress(chunk, CHUNK)
            chunk = member.unconsumed_tail
            if member.eof:
                chunk, member = member.unused_data, None
    while member is not None and not member.eof:
        rest = member.decompress(member.unconsumed_tail, CHUNK)
        if not rest:
            raise Unreadable("ends in the middle of what is compressed")
        yield rest
    if not is_begun:
        raise Unreadable("is empty")


def split_lines(contents):
    """Whole lines without their line feeds, and at last what stands behind them, as (line, is whole)."""
    rest = b""
    for chunk in contents:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if len(line) > MAX_LINE:
                raise Unreadable("has a line that is no record's")
            yield line, True
        if len(rest) > MAX_LINE:
            raise Unreadable("has a line that is no record's")
    if rest:
        yield rest, False


def kept_lines(path):
    """Lines of signed notes out of a file that was kept elsewhere, pasted or sent or shipped as JSON lines."""
    is_json = None
    for line, _ in split_lines(chunks(path, anything=True)):
        line = line.decode("utf-8", "replace").removesuffix("\r").replace("\ufeff", "")
        if is_json is None and not line.strip():
            continue
        is_json = line.lstrip().startswith("{") if is_json is None else is_json
        if not is_json:
            yield line
        elif '"checkpoint"' in line:
            try:
                shipped = json.loads(line).get("checkpoint")
            except ValueError:
                continue
            if isinstance(shipped, str):
                yield from shipped.removesuffix("\n").split("\n")


# --- The log.


class LogVerifier:
    def __init__(self, key):
        self.key, self.problems, self.more, self.checkpoints = key, [], 0, {}
        self.own, self.kept, self.is_own_unread = set(), set(), False
        self.tree, self.previous, self.first, self.records, self.signed = None, None, None, 0, 0
        self.retentions, self.taken_over, self.unsealed, self.matched = [], [], [], []
        self.is_end_unread, self.set_aside = False, []
        self.times, self.begun_at = [], None

    def found(self, problem):
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)
        else:
            self.more += 1

    def read_own(self, path):
        try:
            lines, torn = [], ""
            for line, is_whole in split_lines(chunks(path)):
                if is_whole:
                    lines.append(line.decode("utf-8", "replace"))
                else:
                    torn = line.decode("utf-8", "replace")
            notes, rest = split_notes(lines)
            self.add_notes(path.name, notes, self.own)
            rest, start = "".join(line + "\n" for line in rest) + torn, self.key.name + "\n"
            if len(rest) > MAX_TORN or not (start.startswith(rest) or rest.startswith(start)):
                self.found(f"{path.name}: unreadable: ends with what is no checkpoint")
        except (OSError, ValueError) as error:
            self.is_own_unread = True
            self.found(f"{path.name}: unreadable: {error}")

    def read_kept(self, path):
        try:
            notes = [(text.lstrip("\n"), signatures) for text, signatures in split_notes(kept_lines(path))[0]]
            notes = [note for note in notes if note[0].startswith(self.key.name + "\n")]
            self.add_notes(path.name, notes, self.kept)
            if not notes:
                raise ValueError("holds no checkpoint of this log")
        except ValueError as error:
            self.found(f"{path.name}: unreadable: {error}")

    def add_notes(self, name, notes, sizes):
        for text, signatures in notes:
            try:
                size, root = self.key.open_checkpoint(text, signatures)
            except ValueError as error:
                self.found(f"{name}: foreign-signature: {error}")
                continue
            sizes.add(size)
            if self.checkpoints.setdefault(size, root) != root:
                self.found(f"{name}: forked: two checkpoints of {size} records differ")

    def read_segment(self, path, last):
        before, begins, self.is_end_unread = len(self.problems) + self.more, int(path.name[:12]), False
        is_zipped = path.suffix == ".gz"
        try:
            for line, is_whole in split_lines(unzipped(chunks(path)) if is_zipped else chunks(path)):
                if not is_whole:
                    if last and not is_zipped:
                        break
                    raise Unreadable("ends in the middle of a line")
                self.read_line(line, begins)
                begins = None
                if len(self.problems) + self.more - before > MAX_OF_A_SEGMENT:
                    raise Unreadable("has too many lines that do not belong there")
            if begins is not None and (is_zipped or not last or begins != (self.tree.size if self.tree else begins)):
                raise Unreadable("holds no line")
        except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
            self.is_end_unread = True
            self.found(f"{path.name}: unreadable: {type(error).__name__}: {error}")

    def read_line(self, line, segment):
        """Adds one line to the tree; `segment` is the number in the name of the file that it begins."""
        record = json.loads(line.decode("ascii"))
        if segment is not None:
            self.begin_segment(record, segment)
        if type(record["sequence"]) is not int or record["sequence"] != self.tree.size:
            self.found(f"record {self.tree.size}: has the sequence {record['sequence']}")
        expected = None if self.previous is None else base64.b64encode(self.previous).decode()
        if record.get("previous") != expected and (self.records > 0 or self.tree.size == 0):
            self.found(f"record {self.tree.size}: does not follow on from the line before")
        if record["type"] == "retention":
            self.retentions.append((self.tree.size, record["firstSequence"], record["lastSequence"]))
        if record["type"] == "recovery":
            self.set_aside += [(self.tree.size, size) for file in record.get("setAside", [])
                               for size in file.get("sizes", [])]
        if record["type"] == "recovery" and "unsignedFirst" in record:
            taken = range(record["unsignedFirst"], record.get("unsignedLast", self.tree.size - 1) + 1)
            self.taken_over.append((self.tree.size, taken))
        self.times.append(record["time"])
        self.tree.add(line)
        self.previous, self.records = leaf_hash(line), self.records + 1
        self.compare()

    def begin_segment(self, record, segment):
        tree = Tree(segment, [unbase64(root, 32) for root in record["frontier"]])
        if record["type"] != "segment" or record["origin"] != self.key.name:
            self.found(f"record {segment}: does not begin a segment of this log")
        # A segment is signed when it is closed.
        if self.tree is not None and self.tree.size == segment and segment not in self.checkpoints:
            self.unsealed.append(segment)
        if self.tree is None:
            self.tree, self.first = tree, segment
            self.compare()
        elif (self.tree.size, self.tree.roots) != (tree.size, tree.roots):
            self.found(f"record {segment}: its frontier is not that of the records before it")
            self.tree = tree
        # A search for a period believes this. Logs of 0.1 do not say it.
        before = {"firstSequence": self.begun_at, "earliest": min(self.times, default=None),
                  "latest": max(self.times, default=None)}
        if self.begun_at is not None and record.get("segmentBefore", before) != before:
            self.found(f"record {segment}: says another thing of the times of the records before it")
        self.begun_at, self.times = segment, []

    def compare(self):
        """Holds the tree against the checkpoint of its size, if there is one."""
        root = self.checkpoints.get(self.tree.size)
        if root is not None and root == self.tree.root():
            self.signed = self.tree.size
            self.matched.append(self.signed)
        elif root is not None:
            self.found(f"not as signed: the checkpoint of {self.tree.size} records has another root")

    def verify(self, directory, kept):
        segments = {}
        for path in kept:
            self.read_kept(path)
        for path in sorted(directory.iterdir()) if directory.exists() else []:
            if re.fullmatch(r"[0-9]{12}\.jsonl(\.gz)?", path.name):
                # Where a segment is there twice, the uncompressed one counts, which comes first.
                segments.setdefault(path.name[:12], path)
            elif re.fullmatch(r"[0-9]{12}\.checkpoints", path.name):
                self.read_own(path)
        if not segments and not self.checkpoints:
            raise FileNotFoundError(f"there is no audit log in {directory}")
        for name in segments:
            self.read_segment(segments[name], name == max(segments))
        end = self.tree.size if self.tree else 0
        if not self.records:
            self.found("removed: there are no records")
        for size in sorted(size for size in self.checkpoints if size > end and not self.is_end_unread):
            self.found(f"cut-off: {size} records are signed, and the log ends after {end}")
        if self.records and not self.signed and not self.is_own_unread:
            self.found("unsigned: no checkpoint vouches for any record")
        self.find_unvouched()
        # Only a signed record can excuse that the beginning is missing: anybody can append an unsigned one,
        # and a server that takes it over does not know who did.
        excuses = [(a, b) for at, a, b in self.retentions
                   if at < self.signed and not any(at in taken for _, taken in self.taken_over)]
        if self.first and not any(a < self.first <= b + 1 for a, b in excuses):
            self.found(f"removed: the log begins with record {self.first}, and no signed record says why")
        if self.more:
            self.problems.append(f"and {self.more} more")
        return {"ok": not self.problems, "records": self.records, "first": self.first,
                "last": end - 1 if self.records else None, "signed": self.signed, "problems": self.problems}

    def find_unvouched(self):
        """What a server continued behind unsigned, ends of segments that nobody signed, and checkpoints that are gone."""
        for at, taken in self.taken_over:
            # A checkpoint that was signed before takes out what it covers.
            start = max([taken.start, self.first or 0, *(size for size in self.matched if size < taken.stop)])
            if at < self.signed and start < taken.stop:
                self.found(f"taken-over: records {start} to {taken.stop - 1} were not signed when a server continued")
        if self.is_own_unread or not self.records:
            return
        for size in self.unsealed if self.signed else []:
            if not any(taken.start < size <= taken.stop for _, taken in self.taken_over):
                self.found(f"unsealed: no checkpoint was signed for the {size} records before a segment")
        aside = {size for at, size in self.set_aside if at < self.signed}
        gone = [size for size in self.matched if size in self.kept - self.own - aside and size > (self.first or 0)]
        if gone:
            self.found(f"checkpoint-removed: {len(gone)} that were kept, of {gone[0]} to {gone[-1]} records")


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
        [(text, signatures)], rest = split_notes(note.split("\n")[:-1])
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
