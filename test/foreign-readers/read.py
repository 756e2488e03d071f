"""Reads what a test run has left with programs that are not ours.

Usage: read.py FOLDER, with DuckDB on PYTHONPATH and jq on PATH. FOLDER has the lines of audit logs
(audit-*.log), what servers have printed (holdfast-*.log), and reports (reports/**/*.json, *.csv).
Prints what each reader has read, and every file that one of them stops at. Exit code 1 for one such.
"""

import collections
import csv
import json
import pathlib
import subprocess
import sys

import duckdb

MAX_OBJECT_BYTES = 1 << 30

# Texts that are not the record's own shape: the ones that a client can write.
TEXTS = ["awsPrincipalArn", "kmsRequestId", "cause", "replica", "type"]

# One for all files: a connection takes longer to open than a file to read.
CONNECTION = duckdb.connect()


def outcome(read, path):
    """What a reader counts, or the error at which it stops."""
    try:
        return read(path)
    except Exception as error:  # Whatever a reader says of a file is the finding.
        return error


def each(read):
    """A reader of many files, of a reader of one."""
    return lambda paths: {path: outcome(read, path) for path in paths}


def refuse_lone_surrogates(value):
    """Python's json takes what cannot be written as UTF-8; most that comes after it does not."""
    json.dumps(value, ensure_ascii=False).encode("utf-8")


def python_lines(path):
    count = 0
    for line in path.read_bytes().splitlines():
        refuse_lone_surrogates(json.loads(line.decode("utf-8")))
        count += 1
    return count


def python_json(path):
    refuse_lone_surrogates(json.loads(path.read_bytes().decode("utf-8")))
    return 1


def python_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise ValueError(f"rows of {sorted(widths)} cells")
    return len(rows) - 1


def jq(paths):
    """One process reads all files, because jq takes longer to start than to read one. When it stops,
    each file is read alone, to learn which it is."""
    done = subprocess.run(["jq", "-r", "input_filename", *paths], capture_output=True, text=True)
    if done.returncode == 0:
        counts = collections.Counter(done.stdout.splitlines())
        return {path: counts[str(path)] for path in paths}
    return each(jq_alone)(paths)


def jq_alone(path):
    done = subprocess.run(["jq", "-c", "."], stdin=path.open("rb"), capture_output=True)
    if done.returncode != 0:
        raise ValueError(done.stderr.decode(errors="replace").strip())
    return done.stdout.count(b"\n")


def duck(query, path):
    return CONNECTION.execute(query, [str(path)]).fetchall()


def duckdb_lines(path):
    texts = ", ".join(f"max(length(json_extract_string(json, '$.{name}')))" for name in TEXTS)
    rows = duck(f"SELECT count(*), {texts} FROM read_ndjson_objects(?)", path)
    duck("SELECT * FROM read_json(?, format = 'newline_delimited', sample_size = -1)", path)
    return rows[0][0]


def duckdb_json(path):
    # One object of all that the tests have recorded: more than duckdb's 16 MiB.
    options = f"format = 'unstructured', maximum_object_size = {MAX_OBJECT_BYTES}"
    duck(f"SELECT * FROM read_json_objects(?, {options})", path)
    return 1


def duckdb_csv(path):
    query = "SELECT count(*) FROM read_csv(?, header = true, all_varchar = true, delim = ',', quote = '\"')"
    return duck(query, path)[0][0]


KINDS = {
    "lines": {"python": each(python_lines), "jq": jq, "duckdb": each(duckdb_lines)},
    "json": {"python": each(python_json), "jq": jq, "duckdb": each(duckdb_json)},
    "csv": {"python": each(python_csv), "duckdb": each(duckdb_csv)},
}


def files_in(folder):
    """Each file with something in it, and what it is."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size == 0:
            continue
        if path.suffix in (".json", ".csv"):
            yield path, path.suffix[1:]
        elif path.suffix == ".jsonl":
            yield path, "lines"


def read_all(kind, paths):
    """Has all readers of a kind read the files. Returns how many entries, and how many failures."""
    entries = failures = 0
    outcomes = {name: read(paths) for name, read in KINDS[kind].items()}
    for path in paths:
        found = {name: outcomes[name][path] for name in outcomes}
        errors = {name: got for name, got in found.items() if isinstance(got, Exception)}
        counts = {name: got for name, got in found.items() if name not in errors}
        for name, error in errors.items():
            print(f"{path}: {name} stops: {str(error)[:300]}", file=sys.stderr)
        if len(set(counts.values())) > 1:
            print(f"{path}: the readers count {counts}", file=sys.stderr)
            failures += 1
        entries += max(counts.values(), default=0)
        failures += len(errors)
    return entries, failures


def main(folder):
    kinds = collections.defaultdict(list)
    for path, kind in files_in(folder):
        kinds[kind].append(path)
    failed = False
    for kind, paths in kinds.items():
        entries, failures = read_all(kind, paths)
        failed = failed or failures > 0
        print(f"{kind}: {len(paths)} files, {entries} entries, read by {', '.join(KINDS[kind])}")
    missing = [kind for kind in KINDS if kind not in kinds]
    if missing:
        print(f"Nothing was left to read of: {', '.join(missing)}", file=sys.stderr)
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
