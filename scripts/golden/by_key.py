"""Golden files of a line for each key."""

import json


def write(path, golden):
    lines = [f" {json.dumps(key)}: {json.dumps(value)}"
             for key, value in golden.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
