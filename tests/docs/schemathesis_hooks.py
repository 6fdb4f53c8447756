"""Hooks that exclude some inputs from the tests of Schemathesis."""

import schemathesis


@schemathesis.hook
def before_process_path(context, path, methods):
    """Removes the cursor `after`: only the previous page of a list contains a valid one, and all others are refused."""
    for operation in methods.values():
        parameters = operation.get("parameters", [])
        operation["parameters"] = [parameter for parameter in parameters if parameter.get("name") != "after"]


@schemathesis.hook
def filter_body(context, body):
    """Excludes bytes that are not UTF-8: the emulator itself answers them with 500. The stories send them in process."""
    if isinstance(body, bytes):
        try:
            body.decode()
        except UnicodeDecodeError:
            return False
    return True
