"""Prints the header `Authorization` that botocore computes for a request to Secrets Manager.

The argument is JSON: the URL of the server, the head and the body of the request, and the credentials."""

import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

sent = json.loads(sys.argv[1])
variables = dict(sent["credentials"])
credentials = Credentials(
    variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], variables["AWS_SESSION_TOKEN"]
)
lines = sent["head"].strip().split("\r\n")
method, path, _ = lines[0].split(" ")
headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
signed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
# Without these, another could change what the request does or where it goes.
assert set(signed) >= {"host", "x-amz-date", "x-amz-security-token", "x-amz-target"}, signed
assert headers["x-amz-security-token"] == variables["AWS_SESSION_TOKEN"]

request = AWSRequest(method, sent["url"] + path, {name: headers[name] for name in signed}, sent["body"].encode())
request.context["timestamp"] = headers["x-amz-date"]
auth = SigV4Auth(credentials, "secretsmanager", "eu-central-1")
signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
scope = auth.credential_scope(request)
names = auth.signed_headers(auth.headers_to_sign(request))
print(
    f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
)
