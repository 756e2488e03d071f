"""Calls KMS with boto3: a JSON line in, a JSON line out, until the input ends.

In:  {"operation": "encrypt", "input": {...}} or {"paginator": "list_keys", "input": {...}}
Out: {"output": {...}} or {"exception": class, "typed": is it that of the client, "code", "status",
"message"}. Bytes are {"bytes": Base64} both ways.
"""

import base64
import datetime
import json
import sys

import boto3
import botocore.config
import botocore.exceptions

client = boto3.client(
    "kms", config=botocore.config.Config(retries={"total_max_attempts": 1})
)


def with_bytes(value):
    if isinstance(value, dict):
        if set(value) == {"bytes"}:
            return base64.b64decode(value["bytes"])
        return {name: with_bytes(member) for name, member in value.items()}
    if isinstance(value, list):
        return [with_bytes(item) for item in value]
    return value


def as_json(value):
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def call(request):
    given = with_bytes(request["input"])
    try:
        if "paginator" in request:
            pages = list(client.get_paginator(request["paginator"]).paginate(**given))
            return {"output": {"pages": pages}}
        output = getattr(client, request["operation"])(**given)
        output.pop("ResponseMetadata")
        return {"output": output}
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        name = type(error).__name__
        return {
            "exception": name,
            "typed": isinstance(error, getattr(client.exceptions, name, ())),
            "code": code,
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            "message": error.response["Error"]["Message"],
        }


for line in sys.stdin:
    print(json.dumps(call(json.loads(line)), default=as_json), flush=True)
