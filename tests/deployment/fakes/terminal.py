"""Runs a command on a terminal, and types an answer after each question. Questions end with "): ", and nothing else does.

The arguments: the answers as a JSON array, and the command. A question without an answer gets the end of the input.
"""

import json
import os
import pty
import sys

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
line = b""
while True:
    try:
        part = os.read(terminal, 1000)
    except OSError:
        # What Linux returns when the command has ended.
        break
    sys.stdout.buffer.write(part)
    line += part
    if line.endswith(b"): "):
        os.write(terminal, (answers.pop(0) + "\n" if answers else "\x04").encode())
        line = b""
_, status = os.waitpid(child, 0)
if answers:
    sys.exit(f"no question for {len(answers)} answers")
sys.exit(os.waitstatus_to_exitcode(status))
