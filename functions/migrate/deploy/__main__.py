"""`make deploy` and `make rollback`: deploys the clinic to AWS with SAM. docs/aws.md describes both.

CloudFormation keeps the settings, and no file does: SAM passes the previous value of each parameter that is not named.
"""

import json
import os
import re
import signal
import sys
import tempfile
import time

import parameters
from aws import Failure, command, run, use_region
from stack import Stack, Versions

TEMPLATE = "template.yaml"


def main(action, build_folder=None):
    # A program that is stopped removes its files too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        name = os.environ.get("STACK") or "rounds"
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", name):
            raise Failure("STACK must begin with a letter, and have only letters, digits and hyphens.", 2)
        say(f"stack {name} in {use_region()}")
        stack = Stack(name)
        if stack.obstacle():
            raise Failure(stack.obstacle())
        if action == "deploy":
            deploy(stack, build_folder)
        else:
            roll_back(stack)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.code
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        print(f"The AWS CLI, SAM or a file has given something unexpected: {error!r}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. If AWS has begun to change the stack, it goes on.", file=sys.stderr)
        return 130
    return 0


def say(text):
    print(text, flush=True)


def deploy(stack, build_folder):
    with open(TEMPLATE, encoding="utf-8") as file:
        known = parameters.read(file.read())
    values = parameters.from_environment(known)
    parameters.complete(known, values, stack)
    say("updating the clinic" if stack.exists else "creating a clinic")
    say("new settings: " + (", ".join(known[name].setting for name in values) or "none"))
    if "Rollout" in known and "Rollout" not in values:
        # Passed always, so that the stack does not remember the one of a rollback.
        values["Rollout"] = known["Rollout"].default
        if stack.exists and parameters.changes_database(values, stack):
            # In steps, both versions would answer, and one of them would have no access or the wrong database.
            values["Rollout"] = "AllAtOnce"
            say("the database changes, so all requests move to the new version at once")
    with tempfile.TemporaryDirectory() as private:
        build(known, values, stack, build_folder, private)
        versions = Versions(stack) if stack.exists else None
        if versions and not versions.bucket:
            say("SAM has no bucket in this region: `make rollback` cannot return to the present version.")
            versions = None
        if versions:
            versions.begin()
        after = update(stack, os.path.join(build_folder, TEMPLATE), values, private)
    if versions:
        versions.settle()
    report(after, is_new=not stack.exists)


def roll_back(stack):
    if not stack.exists:
        raise Failure(f"There is no stack {stack.name}.")
    versions = Versions(stack)
    if versions.bucket:
        versions.settle()
    previous = versions.bucket and versions.read("previous.yaml")
    if not previous:
        raise Failure(
            f"The stack {stack.name} has no previous version: no deployment has replaced a version yet. To deploy an "
            "earlier version, check it out and run `make deploy`.")
    known = parameters.read(previous)
    # The stack keeps its settings. Only what it does not have can be passed.
    values = parameters.from_environment(
        {name: it for name, it in known.items() if name == "Rollout" or name not in stack.parameters})
    parameters.complete(known, values, stack)
    if "Rollout" in known:
        values.setdefault("Rollout", "AllAtOnce")
    say("rolling back to the previous version, with the present settings")
    versions.begin()
    with tempfile.TemporaryDirectory() as private:
        template = os.path.join(private, TEMPLATE)
        with open(template, "w", encoding="utf-8") as file:
            file.write(previous)
        after = update(stack, template, values, private)
    versions.settle()
    report(after, is_new=False)
    say("The previous version is deployed. `make rollback` now returns to the version that it has replaced.")


def sam(private, action, *arguments):
    """Runs SAM, and returns whether it succeeded. With an empty configuration, so that it reads no samconfig.toml."""
    configuration = os.path.join(private, "samconfig.toml")
    with open(configuration, "w", encoding="utf-8"):
        pass
    return run("SAM", action, "--config-file", configuration, *arguments).returncode == 0


def build(known, values, stack, build_folder, private):
    arguments = []
    if "Architecture" in known:
        present = stack.parameters.get("Architecture", known["Architecture"].default)
        arguments = ["--parameter-overrides", f"Architecture={values.get('Architecture', present)}"]
    say("building the functions (some minutes the first time)")
    if not sam(private, "build", "--template-file", TEMPLATE, "--build-dir", build_folder, *arguments):
        raise Failure("The functions could not be built. Nothing was deployed.")


def update(stack, template, values, private):
    """Deploys a built template, and returns the stack afterwards."""
    # The values are in a file, because each user of a machine can see the arguments of its programs. JSON is YAML too, and
    # SAM reads only files with this suffix.
    path = os.path.join(private, "parameters.yaml")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        # A new number makes new versions of the functions, also if only settings have changed.
        json.dump({**values, "Deployment": str(int(time.time()))}, file, ensure_ascii=False)
    say("deploying (some minutes)")
    succeeded = sam(
        private, "deploy", "--template-file", template, "--stack-name", stack.name, "--parameter-overrides",
        f"file://{path}", "--capabilities", "CAPABILITY_IAM", "--resolve-s3", "--no-confirm-changeset",
        "--no-fail-on-empty-changeset")
    after = Stack(stack.name)
    if not succeeded:
        raise Failure(explain(stack, after))
    return after


def explain(before, after):
    """The message of a failed deployment."""
    if not after.exists or after.updated == before.updated:
        return "The deployment failed before it changed anything. SAM's message above has the reason."
    lines = ["The deployment failed:"]
    try:
        lines += [f"  {reason}" for reason in after.failures()]
    except Failure as failure:
        lines.append(f"  {failure}")
    lines += ["All events:", after.command("describe-stack-events")]
    if after.status == "UPDATE_ROLLBACK_COMPLETE":
        lines.append("CloudFormation has restored the version before it, and its settings.")
    return "\n".join(filter(None, [*lines, after.obstacle()]))


def report(stack, is_new):
    """Prints the addresses, and how the first Admin signs in."""
    for title, output in (("clinic", "ClinicUrl"), ("DNS target", "DomainTarget"), ("dashboard", "DashboardUrl")):
        if output in stack.outputs:
            say(f"{title}: {stack.outputs[output]}")
    admin, secret = stack.parameters.get("AdminEmail"), stack.outputs.get("AdminPasswordSecret")
    if admin and secret:
        say(f"The first Admin is {admin}. The first password:")
        say(command(
            "secretsmanager", "get-secret-value", "--secret-id", secret, "--query", "SecretString", "--output", "text"))
    elif admin and is_new:
        say(f"The first Admin is {admin}, who gets an invitation by mail.")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
