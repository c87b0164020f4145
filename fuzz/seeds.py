#!/usr/bin/env python3
"""Writes the corpus to begin with, fuzz/corpus/*: the vectors of the language, and lines with every option."""

import base64
import json
import pathlib

root = pathlib.Path(__file__).resolve().parent
vectors = json.loads((root / "../tests/vectors/expansion.json").read_text())["vectors"]

LINES = [
    "a|b", "a|&&|b||||c", "--strict|-g5|-q|--name=x|--stop-signal=RTMAX-1|E=$A|--|a|$A|&&|b",
    "--grace=none|-v|--verbose|--user=0:$G|-w/|a", "--plan=json|a", "--plan|a", "--run-plan|-", "--help",
    "--version", "--set|A=b|-d|x.toml|--env-file=y|--no-defaults|a", "--explain|--show-secrets|a",
    "--tty|--restart=on-failure:3|--ready=tcp:80|--after=x|a", "--stop-timeout|1.5s|--stop-signal|34|a",
    "-gqv", "--nam=x|a", "--output=json|-o|prefix|a", "A=|=b|1=c|-|a",
]


def write(target, name, content):
    folder = root / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


for vector in vectors:
    if "argv" in vector:
        write("line", vector["id"], b"\0" + "\0".join(vector["argv"]).encode())
        continue
    template = vector.get("template", "").encode() or base64.b64decode(vector.get("template_b64", ""))
    values = [value.encode() for value in vector.get("env", {}).values()][:2]
    values += [base64.b64decode(value) for value in vector.get("env_b64", {}).values()]
    write("template", vector["id"], b"\0".join([template, *values]))

for number, line in enumerate(LINES):
    # A bar between arguments, four where the operator itself is one.
    arguments = [argument or "" for argument in line.replace("||||", "|\1|").split("|")]
    arguments = ["|||" if argument == "\1" else argument for argument in arguments]
    write("line", f"options-{number:02}", ("\0" + "\0".join(arguments)).encode())
    write("line", f"twin-{number:02}", ("\0".join(["1s"] + arguments)).encode())

for file in sorted((root / "..").glob("tests/defaults*/*/*.toml")):
    write("defaults", f"{file.parent.name}-{file.stem}", file.read_bytes())

ENV_FILES = [
    "A=b\nexport C='d # e'\n", 'A="x\\n\\"\\$" # c\r\nB= y z # d\n', "\ufeffA=1\n\n# x\n  B='two\nlines'\n",
    "A\n", "A='x\n", "9=1\n", "A='x' y\n", "A=\0\n",
]
for number, text in enumerate(ENV_FILES):
    write("env_file", f"lines-{number:02}", text.encode())
