"""Prints the template as CloudFormation gets it: SAM's own program transforms it. Arguments: parameters, as NAME=VALUE."""

import json
import logging
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

logging.disable()


class ManagedPolicies:
    def load(self):
        return {}


with open("template.yaml") as file:
    template = yaml_parse(file.read())
# `sam deploy` uploads the zips and sets their addresses.
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
parameters = dict(argument.split("=", 1) for argument in sys.argv[1:])
print(json.dumps(transform(template, parameters, ManagedPolicies())))
