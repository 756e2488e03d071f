"""Runs verify.py once for each line of standard input, a JSON list of its arguments.

Answers each with a line: a JSON object of what the program has written and its exit code. A
thousand runs so need one start of Python.
"""

import contextlib
import io
import json
import sys

import verify

for line in sys.stdin:
    sys.argv = ["verify.py", *json.loads(line)]
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            code = verify.main()
        except SystemExit as end:
            code = end.code
    answer = {"code": code, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}
    print(json.dumps(answer), flush=True)
