"""The parameters of the template, and their values from the environment and from questions.

The setting of a parameter has its name in capitals: DATABASE_URL is that of DatabaseUrl.
"""

import collections
import getpass
import os
import re
import sys

import yaml

from aws import Failure

# The value that sets a parameter back to its default.
DEFAULT = "none"

Question = collections.namedtuple("Question", "text is_required")

# SAM removes quotes around a value, and backslashes of escapes. It takes U+0085 for a blank.
CHANGED_BY_SAM = re.compile(r"""\A(["'])[\s\S]*\1\Z|\\[ "']|\x85""")

# What is asked before a new clinic is created, in this order.
QUESTIONS = {
    "DatabaseUrl": Question("Address of the libSQL server (libsql://host)", True),
    "DatabaseAuthToken": Question("Access token of this server (not shown)", True),
    "AdminEmail": Question(f"Email of the first Admin ({DEFAULT} if the database has one)", True),
    "AlarmEmail": Question("Email that gets the alarms (Enter for none)", False),
}


class Loader(yaml.SafeLoader):
    """Reads a template, in which `!Ref` and similar tags have no meaning here."""


def untagged(loader, _suffix, node):
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return node.value


Loader.add_multi_constructor("!", untagged)


class Parameter:
    """A parameter of the template: its rules are those of CloudFormation."""

    def __init__(self, name, rules):
        self.name = name
        self.setting = re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()
        self.rules = rules
        self.default = str(rules["Default"]) if "Default" in rules else None
        self.secret = bool(rules.get("NoEcho"))

    def is_valid(self, value):
        rules = self.rules
        if rules.get("Type") == "Number":
            if not re.fullmatch(r"-?\d+(\.\d+)?", value):
                return False
            low, high = float(rules.get("MinValue", "-inf")), float(rules.get("MaxValue", "inf"))
            if not low <= float(value) <= high:
                return False
        if "AllowedValues" in rules and value not in map(str, rules["AllowedValues"]):
            return False
        if not int(rules.get("MinLength", 0)) <= len(value) <= int(rules.get("MaxLength", 4096)):
            return False
        values = value.split(",") if "List" in rules.get("Type", "") else [value]
        pattern = rules.get("AllowedPattern", r"[\s\S]*")
        return all(re.fullmatch(pattern, it.strip()) for it in values)

    def rule(self):
        """The rule of the values, as the end of a sentence."""
        rules = self.rules
        if "ConstraintDescription" in rules:
            return " ".join(str(rules["ConstraintDescription"]).split()).rstrip(".")
        if "AllowedValues" in rules:
            return "must be one of " + ", ".join(map(str, rules["AllowedValues"]))
        if rules.get("Type") == "Number":
            limits = (("at least", "MinValue"), ("at most", "MaxValue"))
            return ", ".join(["must be a number", *(f"{word} {rules[key]}" for word, key in limits if key in rules)])
        if "AllowedPattern" in rules:
            return f"must match {rules['AllowedPattern']}"
        return f"must have {rules.get('MinLength', 0)} to {rules.get('MaxLength', 4096)} characters"

    def convert(self, text):
        """The value that a setting or an answer means. The message never contains the text: it may be a secret."""
        text = text.strip()
        if text == DEFAULT:
            if self.default is None:
                raise ValueError(f"{self.setting} has no default, so it cannot be {DEFAULT}")
            return self.default
        if not self.is_valid(text):
            raise ValueError(f"{self.setting} {self.rule()}")
        if CHANGED_BY_SAM.search(text):
            raise ValueError(
                f"{self.setting} must not begin and end with the same quote, nor have a backslash before a blank or a quote, "
                "because SAM would remove these characters")
        return text


def read(template):
    """The parameters of a template's text, by name, without the number of the deployment: nobody sets it."""
    try:
        found = yaml.load(template, Loader).get("Parameters") or {}
    except yaml.YAMLError as error:
        raise Failure(f"The template is not YAML: {error}") from error
    return {name: Parameter(name, rules) for name, rules in found.items() if name != "Deployment"}


def from_environment(parameters):
    """The values of all parameters that are set. An empty setting is not set, as in a pipeline without a value.

    Takes them out of the environment: the programs of the build do not need them, and some are secrets.
    """
    values, wrong = {}, []
    for parameter in parameters.values():
        text = os.environ.pop(parameter.setting, "")
        if not text.strip():
            continue
        try:
            values[parameter.name] = parameter.convert(text)
        except ValueError as error:
            wrong.append(f"{error}.")
    if wrong:
        raise Failure("\n".join([*wrong, "The values are from the environment: correct them, or unset them."]), 2)
    return values


def changes_database(values, stack):
    """Whether a deployment changes the database or the access to it. The stack does not show its token."""
    visible = {"DatabaseUrl", "DatabaseCa"} & {*values}
    return "DatabaseAuthToken" in values or any(stack.parameters.get(name, "") != values[name] for name in visible)


def complete(parameters, values, stack):
    """Adds what a deployment lacks: asks for it, if the stack is new and somebody is there to answer."""
    questions = {} if stack.exists else {name: question for name, question in QUESTIONS.items() if name in parameters}
    required = {name for name, question in questions.items() if question.is_required}
    # A newer version can have a parameter that the stack does not have yet.
    required |= {it.name for it in parameters.values() if it.default is None} - {*stack.parameters}
    can_ask = questions if sys.stdin.isatty() else {}
    if "SubnetIds" in values and not values.get("SecurityGroupIds", stack.parameters.get("SecurityGroupIds")):
        # CloudFormation has no rule for lists. Lambda would refuse it when most of the stack is made.
        raise Failure("SUBNET_IDS needs SECURITY_GROUP_IDS.", 2)
    missing = [it.setting for it in parameters.values() if it.name in required - {*values, *can_ask}]
    if missing:
        raise Failure(f"The stack {stack.name} needs settings that are not set: {', '.join(missing)}.", 2)
    for name in can_ask:
        if name not in values and (answer := ask(parameters[name], questions[name])) is not None:
            values[name] = answer


def ask(parameter, question):
    """Asks until the answer is valid. `None`: there is no answer."""
    while True:
        try:
            text = (getpass.getpass if parameter.secret else input)(f"{question.text}: ")
        except EOFError:
            raise Failure(f"\nThe deployment needs an answer, or the setting {parameter.setting}.", 2) from None
        if not text.strip():
            if not question.is_required:
                return None
            print("This needs an answer.")
            continue
        try:
            return parameter.convert(text)
        except ValueError as error:
            print(f"{error}.")
