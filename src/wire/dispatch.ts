import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Caller } from "../kernel/caller.ts";
import type { Operation } from "../kernel/operation.ts";
import type { Service } from "../kernel/service.ts";
import { actionOf, contextOf } from "./action.ts";
import { AuthFaults } from "./auth-faults.ts";
import { Authenticator } from "./authenticate.ts";
import type { Backend } from "./backend.ts";
import { readWhole, unpackWhole } from "./body.ts";
import type { Catalog } from "./catalog.ts";
import { Validator } from "./constraints.ts";
import { notImplemented, refusalOf, WireFault } from "./errors.ts";
import { modelOf, type OperationModel, type ProtocolName, type ServiceModel } from "./model.ts";
import type { Reply } from "./protocol/protocol.ts";
import { Protocols } from "./protocol/protocols.ts";
import { receive } from "./receive.ts";
import { headOf, hoistHeaders, type RequestHead } from "./request.ts";
import { resourceOf } from "./resource.ts";
import { bucketPath, RestRouter } from "./rest-route.ts";
import { type Destination, destinationOf, formDestination } from "./route.ts";
import { type FormNode, parseForm } from "./shape/form.ts";

/** What decides how requests are answered, besides the backend. */
export interface DispatchOptions {
  readonly catalog: Catalog;
  /** Accept AKIA… and ASIA… keys that this cloud did not issue. */
  readonly allowRealKeys: boolean;
  /** Hears of what was thrown and is no refusal. */
  readonly onDefect: (error: unknown, operation: string) => void;
}

/** What is known of a request so far: enough to refuse it in its own protocol. */
interface Progress {
  model: ServiceModel;
  protocol: ProtocolName;
  operation: string;
}

/** An operation that was found, with what the URI and the form said. */
interface Found {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
  readonly form: FormNode | undefined;
  /** The body, where it had to be read to find the operation. */
  readonly body: Buffer | undefined;
}

interface Implemented {
  readonly service: Service;
  readonly operation: Operation;
}

/** These are how one gets credentials; nobody can sign them. */
const UNSIGNED_OPERATIONS: ReadonlySet<string> = new Set(["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"]);

/** Stands for a service that nobody knows, so that a request for it can be refused like any other. */
const UNKNOWN: ServiceModel = modelOf(
  "unknown",
  { namespace: "aws", protocol: "", target: "", version: "", xmlNamespace: "", queryCompatible: false, signingName: "", serviceId: "" },
  {},
  {},
);

/** Answers requests: find the operation, check who calls, read, validate, call, write. */
export class Dispatcher {
  readonly #backend: Backend;
  readonly #options: DispatchOptions;
  readonly #authenticator: Authenticator;
  readonly #protocols = new Protocols();
  readonly #routers = new Map<ServiceModel, RestRouter>();
  readonly #validators = new Map<ServiceModel, Validator>();
  readonly #implemented = new Map<string, Implemented>();

  constructor(backend: Backend, options: DispatchOptions) {
    this.#backend = backend;
    this.#options = options;
    this.#authenticator = new Authenticator(backend, options.allowRealKeys);
    for (const service of backend.services) {
      for (const operation of service.operations) this.#implemented.set(`${service.name}.${operation.name}`, { service, operation });
    }
  }

  /** Whatever goes wrong is an answer. */
  async answer(request: IncomingMessage, signal: AbortSignal): Promise<Reply> {
    const head = headOf(request, randomUUID());
    const progress: Progress = { model: UNKNOWN, protocol: "restJson1", operation: `${head.method} ${head.path}` };
    try {
      return await this.#answer(request, head, signal, progress);
    } catch (error) {
      const { model, protocol, operation } = progress;
      const refusal = refusalOf(error, model, protocol, (defect) => {
        // Nobody hears the answer to a call whose client has gone, nor is it a defect.
        if (!signal.aborted) this.#options.onDefect(defect, `${model.name} ${operation}`);
      });
      return this.#protocols.of(model, protocol).refuse(refusal, head.id);
    }
  }

  async #answer(request: IncomingMessage, head: RequestHead, signal: AbortSignal, progress: Progress): Promise<Reply> {
    hoistHeaders(head);
    const { operation, labels, form, body: bodyRead } = await this.#find(request, head, progress);
    const { model, protocol } = progress;
    const who = this.#authenticator.authenticate(head, protocol, model.isS3, !this.#mayBeUnsigned(operation));
    const implemented = this.#implemented.get(`${model.name}.${operation.name}`);
    if (implemented === undefined) throw notImplemented(model.facts.serviceId, operation.name);
    const { body, blob } = await receive({ request, head, operation, check: who.check, bodyRead }, this.#backend.blobs);
    const speaker = this.#protocols.of(model, protocol);
    const input = speaker.read(operation, { head, labels, body, blob, form: form ?? this.#formOf(protocol, body) });
    this.#validator(model).validate(operation, input, protocol);
    this.#authorize(who.caller, operation, input, protocol);
    const output = this.#backend.call(implemented.service, implemented.operation, input, who.caller, signal);
    const value = output instanceof Promise ? await output : output;
    return speaker.write(operation, (value ?? {}) as Record<string, unknown>, head.id);
  }

  async #find(request: IncomingMessage, head: RequestHead, progress: Progress): Promise<Found> {
    const byHead = destinationOf(head, this.#options.catalog);
    if (byHead !== undefined) return this.#operationOf(byHead, head, progress, undefined, undefined);
    progress.protocol = "awsQuery";
    const body = await readWhole(request);
    const text = head.method === "POST" ? (await unpackWhole(body, head.headers, false)).toString("utf8") : "";
    const form = parseForm(text === "" ? head.rawQuery : text);
    return this.#operationOf(formDestination(form, head, this.#options.catalog), head, progress, form, body);
  }

  async #operationOf(
    to: Destination,
    head: RequestHead,
    progress: Progress,
    form: FormNode | undefined,
    body: Buffer | undefined,
  ): Promise<Found> {
    progress.protocol = to.protocol;
    if (to.service === undefined) throw unknownService(to.calledIt);
    const loaded = this.#options.catalog.model(to.service);
    const model = loaded instanceof Promise ? await loaded : loaded;
    progress.model = model;
    if (to.operation === undefined) return this.#restOperation(model, head, progress, body);
    progress.operation = to.operation;
    const operation = model.operations.get(to.operation);
    if (operation === undefined) throw unknownOperation(to);
    return { operation, labels: {}, form, body };
  }

  #restOperation(model: ServiceModel, head: RequestHead, progress: Progress, body: Buffer | undefined): Found {
    const match = this.#router(model).match(head, model.isS3 ? bucketPath(head) : head.path);
    if (match === undefined) throw noSuchUri(model, head);
    progress.operation = match.operation.name;
    return { ...match, form: undefined, body };
  }

  #mayBeUnsigned({ name, service }: OperationModel): boolean {
    return UNSIGNED_OPERATIONS.has(name) || (service.isS3 && this.#backend.trust === "enforced");
  }

  #formOf(protocol: ProtocolName, body: Buffer): FormNode | undefined {
    return protocol === "awsQuery" || protocol === "ec2Query" ? parseForm(body.toString("utf8")) : undefined;
  }

  #router(model: ServiceModel): RestRouter {
    const known = this.#routers.get(model);
    if (known !== undefined) return known;
    const router = new RestRouter(model);
    this.#routers.set(model, router);
    return router;
  }

  #validator(model: ServiceModel): Validator {
    const known = this.#validators.get(model);
    if (known !== undefined) return known;
    const validator = new Validator(model);
    this.#validators.set(model, validator);
    return validator;
  }

  #authorize(caller: Caller, operation: OperationModel, input: Readonly<Record<string, unknown>>, protocol: ProtocolName): void {
    if (this.#backend.trust !== "enforced" || UNSIGNED_OPERATIONS.has(operation.name)) return;
    const context = {
      "aws:SourceIp": caller.sourceIp,
      "aws:RequestedRegion": caller.region,
      "aws:PrincipalArn": caller.arn,
      ...contextOf(operation, input),
    };
    const refusal = this.#backend.authorize(caller, actionOf(operation), resourceOf(operation, input, caller), context);
    if (refusal !== undefined) throw new AuthFaults(protocol, operation.service.isS3).denied(refusal);
  }
}

const unknownService = (calledIt: string): WireFault =>
  new WireFault("NotImplemented", `Slipway does not implement the service ${calledIt}. It refuses rather than pretends.`, 501);

/** AWS has no such operation, or a newer AWS does. */
function unknownOperation({ protocol, operation, calledIt }: Destination): WireFault {
  if (protocol === "awsQuery" || protocol === "ec2Query") {
    return new WireFault("InvalidAction", `Could not find operation ${operation} for ${calledIt}`, 400);
  }
  return new WireFault("UnknownOperationException", `${calledIt} has no operation ${operation}`, protocol === "rpcv2Cbor" ? 404 : 400);
}

function noSuchUri({ isS3, facts }: ServiceModel, { method, path }: RequestHead): WireFault {
  if (isS3) return new WireFault("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, { Method: method });
  return new WireFault("UnknownOperationException", `${facts.serviceId} has no operation at ${method} ${path}`, 404);
}
