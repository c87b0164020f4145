#!/usr/bin/env python3
"""Writes the first inputs of a corpus into fuzz/seeds/*: the vectors of the language, lines with every option, plans."""

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
    folder = root / "seeds" / target
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

LINE_FILES = [
    "#!/usr/bin/env -S monofy --file\n--output=prefix # a\nm migrate\n&&\n--name=w g --bind=:${P:-8 0}\n|||\nq '$x' \"t$T\"\n",
    "a \\\nb c\\ d 'e\nf' \"g\\\"h\" '' \\$A '&&' $A'B'C ${$} ${'x y'} $${A:-b c}\n", "a ; | 2>&1 `b` $(c) (\n",
    "a ${B:-c\n'd", "\ufeffa\r\n b \\\r\nc\r\n", "--set A='$b' -- ${bad name} \"${C\" ${D\n", "a \"b\nc",
]
for number, text in enumerate(LINE_FILES):
    write("line_file", f"lines-{number:02}", text.encode())

PROCESS = (
    '{"name":"%s","argv":["x",{"base64":"/w=="}],"template":["$A"],"env":{"A":"b"},"stop_signal":"INT",'
    '"stop_timeout_ms":2000,"user":"0:1","workdir":"/","tty":true,"restart":"on-failure:3","ready":"%s",'
    '"ready_template":null,"after":[%s]}'
)
CHECKS = ["tcp:[::1]:80", "log:a+$", "exec:x 'y z'", "notify", "fd:3"]
for number, check in enumerate(CHECKS):
    processes = ",".join([PROCESS % ("x", check, ""), PROCESS % ("y", "fd:4", '"x"')])
    plan = '{"version":1,"masked":false,"setup":[],"processes":[' + processes + '],"settings":{"grace_ms":"none",'
    plan += '"output":"json","ready_fd":3},"variables":[{"name":"A","source":"unset","secret":false}],"warnings":["w"]}'
    write("plan", f"check-{number}", plan.encode())

STATUSES = [
    '{"pid":1,"stage":"setup","setup":"s","processes":[]}',
    '{"pid":7,"stage":"running","processes":[{"name":"a","state":"restarting","pid":null,"ready":false,"restarts":3,'
    '"started_ms":12345,"last_exit":{"status":137,"how":"was killed by SIGKILL"}},{"name":"b","state":"running",'
    '"pid":9,"ready":true,"restarts":0,"started_ms":99,"last_exit":null}]}',
]
for number, text in enumerate(STATUSES):
    write("status", f"status-{number}", text.encode())

OUTPUTS = [
    b"a\n\nb", b'{"a":1,"msg":"x"}\n{"message":1}\n{}\n[1]\n',
    "\u20ac\U0001f980".encode(), b"\xff\xe2\x82\n\x1b[1m\t\"\\\n", b'{"a":"\\ud83d","time":1e999}\n',
]
for number, output in enumerate(OUTPUTS):
    for repeat in (0, 5, 11):
        write("output", f"output-{number}-{repeat}", bytes([repeat, 7 * number, number]) + output)
