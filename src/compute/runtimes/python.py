"""The runtime client for python functions: runs inside the sandbox, speaks the Lambda Runtime API, and behaves to the
function as AWS's own client does (github.com/aws/aws-lambda-python-runtime-interface-client)."""

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

PREFIX = "/2018-06-01/runtime"


class RuntimeApi:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address)

    def next(self):
        self.connection.request("GET", PREFIX + "/invocation/next")
        answer = self.connection.getresponse()
        return answer.headers, answer.read()

    def post(self, path, text, error_type=None):
        sys.stdout.flush()
        sys.stderr.flush()
        headers = {"Content-Type": "application/json"}
        if error_type is not None:
            headers["Lambda-Runtime-Function-Error-Type"] = error_type
        self.connection.request("POST", PREFIX + path, text.encode("utf-8"), headers)
        self.connection.getresponse().read()


class RuntimeFailure(Exception):
    """A failure that Lambda names itself: of the handler's module, or of its answer."""

    def __init__(self, error_type, message, stack=()):
        super().__init__(message)
        self.error_type = "Runtime." + error_type
        self.stack = list(stack)


class LambdaContext:
    def __init__(self, headers):
        environ = os.environ
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.log_group_name = environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        client_context = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = json.loads(client_context) if client_context else None
        self.identity = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class LambdaFormatter(logging.Formatter):
    """The format that Lambda gives the root logger."""

    converter = time.gmtime
    request_id = ""

    def __init__(self):
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record):
        record.aws_request_id = LambdaFormatter.request_id
        return one_event(super().format(record))


def one_event(text):
    """One message is one event: a line break within it travels as a carriage return."""
    return text.replace("\r\n", "\n").replace("\n", "\r")


def error_shape(error, request_id):
    if isinstance(error, RuntimeFailure):
        shape = {"errorMessage": str(error), "errorType": error.error_type}
        stack = error.stack
    else:
        shape = {"errorMessage": str(error), "errorType": type(error).__name__}
        # The first two frames are ours.
        stack = traceback.format_list(traceback.extract_tb(error.__traceback__)[2:])
    return {**shape, "requestId": request_id, "stackTrace": stack}


def log_error(shape):
    lines = ["[ERROR] %s: %s" % (shape["errorType"], shape["errorMessage"])]
    if shape["stackTrace"]:
        lines += ["Traceback (most recent call last):"] + [frame.rstrip("\n") for frame in shape["stackTrace"]]
    print(one_event("\n".join(lines)), flush=True)


def load_handler(name):
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise RuntimeFailure("MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise RuntimeFailure("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)) from error
    except SyntaxError as error:
        where = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        raise RuntimeFailure("UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [where]) from error
    handler = getattr(module, function_name, None)
    if handler is None:
        raise RuntimeFailure("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))
    return handler


def answer(handler, body, context):
    result = handler(json.loads(body), context)
    try:
        return json.dumps(result, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise RuntimeFailure("MarshalError", "Unable to marshal response: %s" % error) from error


def serve(api, handler):
    headers, body = api.next()
    context = LambdaContext(headers)
    request_id = LambdaFormatter.request_id = context.aws_request_id
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
    try:
        api.post("/invocation/%s/response" % request_id, answer(handler, body, context))
    except Exception as error:
        shape = error_shape(error, request_id)
        log_error(shape)
        api.post("/invocation/%s/error" % request_id, json.dumps(shape), shape["errorType"])


def main():
    sys.stdout.reconfigure(line_buffering=True)
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(LambdaFormatter())
    logging.getLogger().addHandler(output)
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        shape = error_shape(error, "")
        log_error(shape)
        api.post("/init/error", json.dumps(shape), shape["errorType"])
        sys.exit(1)
    while True:
        serve(api, handler)


if __name__ == "__main__":
    main()
