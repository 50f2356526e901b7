// The runtime client for nodejs functions: runs inside the sandbox, speaks the Lambda Runtime API, and behaves to the
// function as AWS's own client does (github.com/aws/aws-lambda-nodejs-runtime-interface-client).
import { existsSync, writeSync } from "node:fs";
import { Agent, request } from "node:http";
import https from "node:https";
import { createRequire, registerHooks } from "node:module";
import { connect } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const env = process.env;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const taskRoot = env.LAMBDA_TASK_ROOT;

/** Of the invocation being served; `undefined`, and Lambda logs just that, during the init phase. */
let requestId;
/** Runs when the event loop is empty: by then an invocation has to have an answer. */
let onIdle;

// ── the Runtime API ────────────────────────────────────────────────────────────────────────────────────────────────

function call(method, path, body, headers = {}) {
  return new Promise((done, failed) => {
    const outgoing = request({ host, port, agent, method, path: `/2018-06-01/runtime${path}`, headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString("utf8") }));
    });
    outgoing.on("error", failed);
    outgoing.end(body);
  });
}

const post = (path, text, headers) => {
  const body = Buffer.from(text);
  return call("POST", path, body, { "Content-Type": "application/json", "Content-Length": body.length, ...headers });
};

const postError = (path, error) => {
  const shape = errorShape(error);
  return post(path, JSON.stringify(shape), { "Lambda-Runtime-Function-Error-Type": shape.errorType });
};

// ── the log ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One message is one event: a line break within it travels as a carriage return. */
function writeLog(level, text) {
  const line = `${new Date().toISOString()}\t${requestId}\t${level}\t${text}`;
  writeAll(Buffer.from(`${line.replaceAll("\r\n", "\n").replaceAll("\n", "\r")}\n`));
}

function writeAll(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

for (const [name, level] of Object.entries({ log: "INFO", info: "INFO", debug: "DEBUG", warn: "WARN", error: "ERROR", trace: "TRACE" })) {
  console[name] = (...values) => writeLog(level, format(...values));
}

// ── errors ─────────────────────────────────────────────────────────────────────────────────────────────────────────

class RuntimeError extends Error {
  constructor(name, message, cause) {
    super(message);
    this.name = `Runtime.${name}`;
    if (cause?.stack) this.stack = cause.stack;
  }
}

function errorShape(error) {
  if (error instanceof Error || (typeof error === "object" && error?.stack)) {
    return { errorType: error.name ?? "Error", errorMessage: error.message ?? "", trace: String(error.stack ?? "").split("\n") };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

/** As Lambda logs an error: its own enumerable members too, and the stack as a list. */
function loggedError(error) {
  if (!(error instanceof Error)) return JSON.stringify(errorShape(error));
  return JSON.stringify({ errorType: error.name, errorMessage: error.message, ...error, stack: String(error.stack).split("\n") });
}

/** What nobody caught ends the environment, and the invocation with it. */
function endWith(name, title, code) {
  return async (cause) => {
    const error = name === undefined ? cause : new RuntimeError(name, errorShape(cause).errorMessage, cause);
    writeLog("ERROR", `${title} \t${loggedError(error)}`);
    await postError(requestId === undefined ? "/init/error" : `/invocation/${requestId}/error`, error).catch(() => {});
    process.exit(code);
  };
}

process.on("uncaughtException", endWith(undefined, "Uncaught Exception", 129));
process.on("unhandledRejection", endWith("UnhandledPromiseRejection", "Unhandled Promise Rejection", 128));
process.on("beforeExit", () => {
  const idle = onIdle;
  onIdle = undefined;
  idle?.();
});

// ── the function's module ──────────────────────────────────────────────────────────────────────────────────────────

/** Lambda's runtimes bring the AWS SDK; a package that does not ship it finds ours. Nothing else of ours is found. */
function offerSdk(from) {
  registerHooks({
    resolve(specifier, context, next) {
      if (!/^@(aws-sdk|smithy)\//.test(specifier)) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch (missing) {
        try {
          return resolveFrom(from, specifier, context, next);
        } catch {
          writeLog("WARN", `Slipway: ${specifier} is part of Lambda's runtime but not installed here; add it to the function's package.`);
          throw missing;
        }
      }
    },
  });
}

/** `require` does not look at the parent that a hook gives. */
function resolveFrom(from, specifier, context, next) {
  if (!context.conditions.includes("require")) return next(specifier, { ...context, parentURL: pathToFileURL(from).href });
  return { url: pathToFileURL(createRequire(from).resolve(specifier)).href, shortCircuit: true };
}

/**
 * Providers of custom resources in the CDK keep only the host and the path of a ResponseURL, and ask there by HTTPS, at its
 * usual port (github.com/aws/aws-cdk, nodejs-entrypoint-handler). At our own address nothing else is there: it is ours.
 */
function answerInTheClear(endpoint) {
  if (endpoint === undefined) return;
  const { protocol, hostname, port } = new URL(endpoint);
  if (protocol !== "http:") return;
  const secure = https.globalAgent.createConnection;
  https.globalAgent.createConnection = function createConnection(options, done) {
    if (options.host !== hostname || Number(options.port) !== 443) return secure.call(this, options, done);
    return connect({ host: hostname, port: Number(port) });
  };
}

async function loadHandler(name) {
  const [, moduleName, exportName] = /^([^.]*)\.(.*)$/.exec(basename(name)) ?? [];
  if (!moduleName || !exportName || name.includes("..")) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  const module = await importModule(join(dirname(name), moduleName));
  const found = [module, module.default]
    .map((home) => exportName.split(".").reduce((value, part) => value?.[part], home))
    .find((value) => value !== undefined);
  if (found === undefined) throw new RuntimeError("HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof found !== "function") throw new RuntimeError("HandlerNotFound", `${name} is not a function`);
  return found;
}

async function importModule(name) {
  try {
    return await import(pathToFileURL(fileOf(name)).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError("UserCodeSyntaxError", `SyntaxError: ${error.message}`, error);
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND")
      throw new RuntimeError("ImportModuleError", `Error: ${error.message}`, error);
    throw error;
  }
}

function fileOf(name) {
  const path = resolve(taskRoot, name);
  const file = ["", ".js", ".mjs", ".cjs"]
    .map((extension) => path + extension)
    .find((candidate) => /\.[cm]?js$/.test(candidate) && existsSync(candidate));
  if (file !== undefined) return file;
  try {
    return createRequire(join(taskRoot, "index.js")).resolve(path);
  } catch {
    throw Object.assign(new Error(`Cannot find module '${basename(name)}'`), { code: "MODULE_NOT_FOUND" });
  }
}

globalThis.awslambda = {
  streamifyResponse() {
    throw new RuntimeError("StreamingNotImplemented", "awslambda.streamifyResponse is not implemented by Slipway");
  },
};

// ── invocations ────────────────────────────────────────────────────────────────────────────────────────────────────

function contextOf(headers, finish) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const clientContext = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: clientContext && JSON.parse(clientContext),
    identity: undefined,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    succeed: (result) => finish(null, result),
    fail: (error) => finish(error ?? "handled"),
    done: finish,
  };
}

/** Runs the handler; resolves with its answer as [error] or [undefined, result], whichever way it gives it. */
function run(handler, headers, body) {
  return new Promise((answer) => {
    const finish = (error, result) => answer(error == null ? [undefined, result] : [error]);
    const context = contextOf(headers, finish);
    const callback = (error, result) => {
      if (error != null || !context.callbackWaitsForEmptyEventLoop) finish(error, result);
      else onIdle = () => finish(null, result);
    };
    onIdle = () => finish(null, null);
    try {
      const returned = handler(JSON.parse(body), context, callback);
      if (typeof returned?.then === "function")
        returned.then(
          (result) => finish(null, result),
          (error) => finish(error ?? new Error("undefined")),
        );
    } catch (error) {
      finish(error ?? new Error("undefined"));
    }
  });
}

function serialized(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    throw new RuntimeError("MarshalError", "Unable to stringify response body");
  }
}

async function serve(handler) {
  const { headers, body } = await call("GET", "/invocation/next");
  requestId = headers["lambda-runtime-aws-request-id"];
  env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  let [error, result] = await run(handler, headers, body);
  onIdle = undefined;
  try {
    if (error === undefined) result = serialized(result);
  } catch (failure) {
    error = failure;
  }
  if (error === undefined) {
    await post(`/invocation/${requestId}/response`, result);
    return;
  }
  writeLog("ERROR", `Invoke Error \t${loggedError(error)}`);
  await postError(`/invocation/${requestId}/error`, error);
}

const sdkFrom = env.SLIPWAY_SDK_FROM;
delete env.SLIPWAY_SDK_FROM;
offerSdk(sdkFrom);
answerInTheClear(env.AWS_ENDPOINT_URL);

let handler;
try {
  handler = await loadHandler(env._HANDLER);
} catch (error) {
  writeLog("ERROR", `Uncaught Exception \t${loggedError(error)}`);
  await postError("/init/error", error);
  process.exit(1);
}
for (;;) await serve(handler);
