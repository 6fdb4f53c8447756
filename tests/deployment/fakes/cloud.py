"""The AWS CLI and SAM, as far as a deployment uses them, over a cloud in the folder $CLOUD.

Answers and messages have the form of the real programs. `calls` has each call. If the file `refuses` exists, AWS refuses
every call with that text. If `rejects` exists, a deployment changes nothing. If `fails` exists, a resource of the
deployment fails for that reason. If `interrupts` exists, the program that called SAM is terminated while the deployment
goes on.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import sys

import yaml

CLOUD = pathlib.Path(os.environ["CLOUD"])
SAM_STACK = "aws-sam-cli-managed-default"


def main(program, arguments):
    CLOUD.mkdir(exist_ok=True)
    call = {"program": program, "arguments": arguments, "region": os.environ.get("AWS_DEFAULT_REGION")}
    # SAM and what it runs can read its environment.
    call["environment"] = dict(os.environ)
    options = {name: value for name, value in zip(arguments, arguments[1:]) if name.startswith("--")}
    if program == "sam":
        code = sam(arguments[0], options, call)
    else:
        code = aws(arguments, options)
    with open(CLOUD / "calls", "a", encoding="utf-8") as calls:
        calls.write(json.dumps(call) + "\n")
    sys.exit(code)


def load(name):
    path = CLOUD / "stacks" / name
    return json.loads(path.read_text()) if path.exists() else None


def save(name, stack):
    (CLOUD / "stacks").mkdir(exist_ok=True)
    (CLOUD / "stacks" / name).write_text(json.dumps(stack))


def flag(name):
    return (CLOUD / name).read_text() if (CLOUD / name).exists() else None


def refuse(message):
    print(f"\n{message}", file=sys.stderr)
    return 254


def aws(arguments, options):
    if arguments[:2] == ["--profile", "clinic"]:
        arguments = arguments[2:]
    group, operation = arguments[:2]
    if (group, operation) == ("configure", "get"):
        return 1
    if flag("refuses") is not None:
        return refuse(flag("refuses"))
    if group == "cloudformation":
        return cloudformation(operation, options)
    if group == "s3api":
        return s3(operation, options, arguments)
    secret = CLOUD / "secrets" / options["--secret-id"]
    if not secret.exists():
        return refuse("An error occurred (ResourceNotFoundException) when calling a Secrets Manager operation")
    if operation == "get-secret-value":
        print(secret.read_text())
    else:
        shutil.copy2(options["--secret-string"].removeprefix("file://"), secret)
    return 0


def cloudformation(operation, options):
    name = options["--stack-name"]
    stack = load(name)
    if stack is None:
        return refuse(
            f"An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id {name} does "
            "not exist")
    if operation == "get-template":
        print(json.dumps({"TemplateBody": stack["template"], "StagesAvailable": ["Original", "Processed"]}))
    elif operation == "describe-stack-events":
        print(json.dumps({"StackEvents": stack["events"]}))
    elif operation == "describe-stacks":
        secrets = {it for it, rules in parameters(stack["template"]).items() if rules.get("NoEcho")}
        described = {key: value for key, value in stack.items() if key[0].isupper()}
        described["Parameters"] = [
            {"ParameterKey": it, "ParameterValue": "****" if it in secrets else value}
            for it, value in stack["parameters"].items()]
        described["Outputs"] = [{"OutputKey": it, "OutputValue": value} for it, value in stack["outputs"].items()]
        print(json.dumps({"Stacks": [described]}))
    elif operation == "delete-stack":
        (CLOUD / "stacks" / name).unlink()
    else:
        sys.exit(f"unknown operation {operation}")
    return 0


def s3(operation, options, arguments):
    path = CLOUD / "objects" / options["--bucket"] / options["--key"]
    if operation == "put-object":
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(options["--body"], path)
    elif not path.exists():
        return refuse(
            "An error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist.")
    else:
        # The name of the new file is the argument without an option.
        shutil.copy(path, arguments[arguments.index("--key") + 2])
    return 0


def parameters(template):
    return yaml.safe_load(template).get("Parameters", {})


def sam(command, options, call):
    # An old samconfig.toml must have no part in a deployment.
    assert pathlib.Path(options["--config-file"]).read_text() == ""
    template = pathlib.Path(options["--template-file"]).read_text()
    if command == "build":
        folder = pathlib.Path(options["--build-dir"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "template.yaml").write_text(template.replace("CODE", pathlib.Path("code").read_text()))
        return 0
    file = pathlib.Path(options["--parameter-overrides"].removeprefix("file://"))
    # Other suffixes are refused.
    assert file.suffix in (".yaml", ".toml")
    call["mode"] = oct(file.stat().st_mode & 0o777)
    passed = yaml.safe_load(file.read_text())
    code = deploy(options["--stack-name"], template, passed)
    assert re.fullmatch("[0-9]{10}", passed.pop("Deployment"))
    call["parameters"] = passed
    if flag("interrupts") is not None:
        os.kill(os.getppid(), signal.SIGTERM)
    return code


def deploy(name, template, overrides):
    save(SAM_STACK, {"StackStatus": "CREATE_COMPLETE", "template": "{}", "parameters": {}, "events": [],
                     "outputs": {"SourceBucket": "sam-bucket"}})
    before = load(name)
    values, missing = {}, []
    for parameter, rules in parameters(template).items():
        present = before["parameters"].get(parameter) if before else None
        value = overrides.get(parameter, rules.get("Default") if present is None else present)
        values[parameter] = value
        missing += [parameter] if value is None else []
    if missing:
        print(f"Error: Failed to create changeset for the stack: {name}, Parameters: {missing} must have values")
        return 1
    if flag("rejects") is not None:
        print(flag("rejects"))
        return 1
    number = (int(flag("counter") or 0)) + 1
    (CLOUD / "counter").write_text(str(number))
    kind = "UPDATE" if before else "CREATE"
    stack_id = before["StackId"] if before else f"arn:aws:cloudformation:eu-central-1:1:stack/{name}/id-{number}"
    fails = flag("fails")
    stack = before if fails and before else {"StackId": stack_id, "parameters": values, "template": template}
    rolled_back = "UPDATE_ROLLBACK_COMPLETE" if before else "ROLLBACK_COMPLETE"
    stack["StackStatus"] = rolled_back if fails else f"{kind}_COMPLETE"
    stack["LastUpdatedTime"] = f"time {number}"
    stack["outputs"] = {"ClinicUrl": f"https://{name}.example", "DashboardUrl": f"https://{name}.dashboard.example"}
    secrets = ["signing-key", "public-keys", "database-token"]
    if values.get("AdminEmail") and not values.get("MailFrom"):
        stack["outputs"]["AdminPasswordSecret"] = f"{name}-admin-password"
        secrets.append("admin-password")
    for secret in secrets:
        (CLOUD / "secrets").mkdir(exist_ok=True)
        if not (CLOUD / "secrets" / f"{name}-{secret}").exists():
            (CLOUD / "secrets" / f"{name}-{secret}").write_text(f"the {secret} of {name}")
    stack["events"] = events(stack_id, kind, fails) + (before["events"] if before else [])
    save(name, stack)
    return 1 if fails else 0


def events(stack_id, kind, fails):
    """The events of an operation, the newest first."""
    of_stack = ("stack", stack_id)
    failed = [(*of_stack, "ROLLBACK_COMPLETE", None),
              ("ApiFunction", "api", f"{kind}_FAILED", f"Resource {kind.lower()} cancelled"),
              ("Migration", "migration", f"{kind}_FAILED", fails)] if fails else []
    found = [*failed, (*of_stack, f"{kind}_IN_PROGRESS", "User Initiated")]
    return [{"StackId": stack_id, "LogicalResourceId": name, "PhysicalResourceId": of, "ResourceStatus": status,
             **({"ResourceStatusReason": reason} if reason else {})} for name, of, status, reason in found]


main(sys.argv[1], sys.argv[2:])
