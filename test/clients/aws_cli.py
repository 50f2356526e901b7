"""Calls of the AWS CLI without its start-up: it is imported once, and every call is a fork in which its own `main` runs.

Reads a line of JSON a call, {id, argv, env, cwd, stdout, stderr} (the last two are files), and writes {id, code} when it has ended.
"""

import json
import os
import signal
import sys
import traceback

before = dict(os.environ)
import awscli.clidriver  # noqa: E402: it leaves where its data is in the environment

LEFT = {name: value for name, value in os.environ.items() if name not in before}


def call(request):
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update({**request["env"], **LEFT})
    for descriptor, path in ((1, request["stdout"]), (2, request["stderr"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["aws", *request["argv"]]
    try:
        return awscli.clidriver.main()
    except SystemExit as end:
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 255


answers = os.dup(1)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        request = json.loads(line)
        code = call(request)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(answers, (json.dumps({"id": request["id"], "code": code}) + "\n").encode())
        os._exit(0)
