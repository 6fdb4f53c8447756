"""A stack of CloudFormation, and the templates of its earlier versions."""

import json
import os
import tempfile

from aws import Failure, Refused, aws, command

# The stack in which SAM keeps the bucket with the code.
SAM_STACK = "aws-sam-cli-managed-default"


class Stack:
    """A stack as it was when it was read."""

    def __init__(self, name):
        self.name = name
        try:
            answer = aws(f"Reading the stack {name}", "cloudformation", "describe-stacks", "--stack-name", name)
        except Refused as refused:
            if "does not exist" not in refused.answer:
                raise
            answer = {}
        found = next(iter(answer.get("Stacks", [])), {})
        self.status = found.get("StackStatus", "")
        # A stack under review has no resources. SAM creates it like one that does not exist.
        self.exists = bool(found) and self.status != "REVIEW_IN_PROGRESS"
        found = found if self.exists else {}
        self.id = found.get("StackId", "")
        self.updated = found.get("LastUpdatedTime", found.get("CreationTime"))
        self.parameters = {it["ParameterKey"]: it.get("ParameterValue", "") for it in found.get("Parameters", [])}
        self.outputs = {it["OutputKey"]: it["OutputValue"] for it in found.get("Outputs", [])}

    def command(self, *arguments):
        return command("cloudformation", *arguments, "--stack-name", self.name)

    def obstacle(self):
        """Why CloudFormation would refuse an update, and what to do. `None` if it would not."""
        state = f"The stack {self.name} is in the state {self.status}"
        if not self.exists:
            return None
        if self.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
            return "\n".join([
                f"{state}, and cannot be updated. Delete it, and deploy again:",
                self.command("delete-stack"), self.command("wait", "stack-delete-complete")])
        if self.status == "UPDATE_ROLLBACK_FAILED":
            return "\n".join([
                f"{state}. Read the reason in its events, correct it, and continue the rollback:",
                self.command("describe-stack-events"), self.command("continue-update-rollback")])
        if self.status.endswith("_IN_PROGRESS"):
            return "\n".join([
                f"{state}: it is being changed. Deploy again when that has ended. Its state:",
                self.command("describe-stacks", "--query", "Stacks[0].StackStatus")])
        return None

    def failures(self):
        """The failed resources of the last operation with their reasons, the first failure first."""
        events = aws(
            f"Reading the events of the stack {self.name}", "cloudformation", "describe-stack-events", "--stack-name",
            self.name, "--max-items", "1000")
        found = []
        # The newest is first.
        for event in events["StackEvents"]:
            of_stack = event["PhysicalResourceId"] == event["StackId"]
            if of_stack and event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
                break
            reason = event.get("ResourceStatusReason", "no reason")
            # CloudFormation cancels the other resources after the first failure.
            if event["ResourceStatus"].endswith("_FAILED") and not of_stack and "cancelled" not in reason:
                found.insert(0, f"{event['LogicalResourceId']}: {reason}")
        return found

    def template(self):
        """The present template, as SAM uploaded it: it names the code in SAM's bucket."""
        body = aws(
            f"Reading the template of the stack {self.name}", "cloudformation", "get-template", "--stack-name",
            self.name, "--template-stage", "Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)


class Versions:
    """The templates of a stack's earlier versions, in SAM's bucket.

    `previous.yaml` is what `make rollback` deploys. `before.yaml` is the template before the last deployment. It
    becomes the previous one when the stack is seen with another template. So a deployment that succeeds after this
    program was interrupted can be rolled back too.
    """

    def __init__(self, stack):
        self.stack = stack
        # SAM makes the bucket with the first deployment in a region.
        self.bucket = Stack(SAM_STACK).outputs.get("SourceBucket")
        # The name and the id of the stack, so that a new stack of the same name has no previous version.
        self.folder = stack.id.partition(":stack/")[2] or stack.name

    def call(self, doing, operation, file, *arguments):
        key = f"{self.folder}/{file}"
        aws(f"{doing} s3://{self.bucket}/{key}", "s3api", operation, "--bucket", self.bucket, "--key", key, *arguments)

    def read(self, file):
        """The text of a file. `None` if it does not exist."""
        with tempfile.TemporaryDirectory() as private:
            path = os.path.join(private, file)
            try:
                self.call("Reading", "get-object", file, path)
            except Refused as refused:
                if "NoSuchKey" in refused.answer:
                    return None
                raise
            with open(path, encoding="utf-8") as found:
                return found.read()

    def write(self, file, text):
        with tempfile.TemporaryDirectory() as private:
            path = os.path.join(private, file)
            with open(path, "w", encoding="utf-8") as new:
                new.write(text)
            self.call("Writing", "put-object", file, "--body", path)

    def settle(self):
        """Makes the template before the last deployment the previous one, if that deployment has replaced it."""
        before, present = self.read("before.yaml"), self.stack.template()
        if before is not None and before != present:
            self.write("previous.yaml", before)

    def begin(self):
        """Keeps the present template, before a deployment."""
        self.settle()
        self.write("before.yaml", self.stack.template())
