"""Runs the statements of docs/audit-search.md with DuckDB, as they stand there.

Usage: recipes.py PAGE FOLDER, with DuckDB on PYTHONPATH; the folder is that of a log. Prints the rows
of each statement, in the order of the page, as one JSON array.
"""

import json
import pathlib
import re
import sys

import duckdb

FOLDER_ON_THE_PAGE = "/var/lib/holdfast/audit"


def main(page, folder):
    text = pathlib.Path(page).read_text(encoding="utf-8").replace(FOLDER_ON_THE_PAGE, folder)
    with duckdb.connect() as connection:
        results = []
        for statement in re.findall(r"^```sql\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            cursor = connection.execute(statement)
            results.append(cursor.fetchall() if cursor.description else [])
    print(json.dumps(results, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
