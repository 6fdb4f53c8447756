"""Calls of the AWS CLI and of SAM, the programs that the settings AWS and SAM name."""

import json
import os
import shlex
import subprocess

# What a message of the AWS CLI contains, and what to do.
ADVICE = (
    (("Unable to locate credentials", "could not be found"),
     "There are no AWS credentials: run `aws configure` or `aws configure sso`, or set AWS_PROFILE."),
    (("ExpiredToken", "RequestExpired", "has expired"),
     "The AWS credentials have expired: sign in again, for example with `aws sso login`."),
    (("InvalidClientTokenId", "UnrecognizedClient", "SignatureDoesNotMatch"),
     "AWS does not accept the credentials: check them with `aws sts get-caller-identity`."),
    (("AccessDenied", "not authorized"),
     "The credentials lack a permission: docs/aws.md, section Prepare, has what a deployment needs."),
    (("Could not connect", "endpoint"), "AWS is unreachable: check the network and the region."),
)


class Failure(Exception):
    """Ends the program with a message and an exit code."""

    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code


class Refused(Failure):
    """A failed call of the AWS CLI."""

    def __init__(self, doing, answer):
        self.answer = answer
        advice = next((advice for parts, advice in ADVICE if any(part in answer for part in parts)), None)
        super().__init__(f"{doing} failed: {answer}" + (f"\n{advice}" if advice else ""))


def words(setting):
    """The program that a setting names, with its arguments."""
    return shlex.split(os.environ.get(setting) or setting.lower())


def run(setting, *arguments, **options):
    command = [*words(setting), *arguments]
    try:
        return subprocess.run(command, check=False, **options)
    except OSError as error:
        message = f"Rounds needs {command[0]} to deploy ({error.strerror}): install it, or set {setting}."
        raise Failure(message) from error


def aws(doing, *arguments):
    """Calls the AWS CLI, and returns its answer. `doing` names the call in the message of a failure."""
    done = run("AWS", *arguments, "--output", "json", capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(doing, (done.stderr.strip() or done.stdout.strip()).removeprefix("aws: [ERROR]: "))
    try:
        return json.loads(done.stdout) if done.stdout.strip() else {}
    except ValueError:
        raise Refused(doing, f"{words('AWS')[0]} has not answered in JSON") from None


def command(*arguments):
    """A call of the AWS CLI for a person to enter."""
    return "  " + shlex.join([*words("AWS"), *arguments, "--region", os.environ["AWS_REGION"]])


def use_region():
    """Returns the region of the deployment, and sets it for all programs that this one runs."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        # Without a region, this fails without a message.
        asked = run("AWS", "configure", "get", "region", capture_output=True, text=True)
        if asked.stderr.strip():
            raise Refused("Reading the region", asked.stderr.strip())
        region = asked.stdout.strip()
    if not region:
        raise Failure("No region is set: set AWS_REGION, for example AWS_REGION=eu-central-1.", 2)
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
    return region
