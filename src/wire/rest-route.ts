import type { IncomingHttpHeaders } from "node:http";
import { header } from "./headers.ts";
import type { OperationModel, ServiceModel } from "./model.ts";
import { planOf } from "./protocol/bindings.ts";
import type { RequestHead } from "./request.ts";

/** An operation that a URI leads to, with the URI's labels as sent. */
export interface RestMatch {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

interface RestRoute {
  readonly operation: OperationModel;
  readonly segments: readonly string[];
  readonly isGreedy: boolean;
  /** Query parameters that the URI itself has, such as ?acl. */
  readonly literals: readonly (readonly [string, string])[];
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  /** Of several routes that match, the one with the most literal segments wins, then query literals, then required members. */
  readonly weight: number;
}

/** The URIs of one service. */
export class RestRouter {
  readonly #isS3: boolean;
  readonly #byMethod = new Map<string, RestRoute[]>();

  constructor(model: ServiceModel) {
    this.#isS3 = model.isS3;
    for (const operation of model.operations.values()) {
      if (operation.http === undefined) continue;
      const { method } = operation.http;
      this.#byMethod.set(method, [...(this.#byMethod.get(method) ?? []), routeOf(operation, operation.http.uri)]);
    }
    for (const routes of this.#byMethod.values()) routes.sort((one, other) => other.weight - one.weight);
  }

  /** The operation, for S3 with the path that has the bucket in it. */
  match(head: RequestHead, path: string): RestMatch | undefined {
    const segments = this.#segmentsOf(path);
    for (const route of this.#byMethod.get(head.method) ?? []) {
      if (!matchesPath(route, segments) || !matchesQuery(route, head.query)) continue;
      // S3 tells operations apart by members that are required, others refuse a request that lacks them.
      if (this.#isS3 && !hasRequired(route, head.query, head.headers)) continue;
      return { operation: route.operation, labels: labelsOf(route, segments) };
    }
    return undefined;
  }

  /** A slash at the end means nothing, except in an object's key. */
  #segmentsOf(path: string): string[] {
    const segments = path.split("/").slice(1);
    const mayDrop = this.#isS3 ? segments.length === 2 : segments.length > 1;
    if (mayDrop && segments.at(-1) === "") segments.pop();
    return segments;
  }
}

function routeOf(operation: OperationModel, uri: string): RestRoute {
  const { bindings } = planOf(operation.input, "request", {});
  const [path = "/", query = ""] = uri.split("?");
  const segments = pathOf(operation, path).split("/").slice(1);
  const literals = [...new URLSearchParams(query)].filter(([name]) => name !== "x-id");
  const required = bindings.filter(({ isRequired }) => isRequired);
  const requiredQuery = required.filter(({ place }) => place === "query").map(({ wireName }) => wireName);
  const requiredHeaders = required.filter(({ place }) => place === "header").map(({ wireName }) => wireName);
  const isGreedy = segments.at(-1)!.endsWith("+}");
  const literalSegments = segments.filter((segment) => !isLabel(segment)).length;
  const weight = literalSegments * 10_000 + (isGreedy ? 0 : 1000) + literals.length * 100 + requiredQuery.length + requiredHeaders.length;
  return { operation, segments, isGreedy, literals, requiredQuery, requiredHeaders, weight };
}

/** The SDK's schemas of S3 leave the bucket out of the URI, because its endpoint rules put it into the host name. */
function pathOf({ service, input }: OperationModel, path: string): string {
  if (!service.isS3 || path.includes("{Bucket}") || !input.isStructSchema()) return path;
  const bucket = [...input.structIterator()].find(([name]) => name === "Bucket")?.[1];
  if ((bucket?.getMergedTraits() as { httpLabel?: unknown } | undefined)?.httpLabel === undefined) return path;
  return path === "/" ? "/{Bucket}" : `/{Bucket}${path}`;
}

const isLabel = (segment: string): boolean => segment.startsWith("{");

function matchesPath({ segments, isGreedy }: RestRoute, given: readonly string[]): boolean {
  if (isGreedy ? given.length < segments.length : given.length !== segments.length) return false;
  const last = segments.length - 1;
  return segments.every((segment, index) => {
    if (!isLabel(segment)) return segment === given[index];
    return isGreedy && index === last ? given.slice(index).join("/") !== "" : given[index] !== "";
  });
}

const matchesQuery = ({ literals }: RestRoute, query: URLSearchParams): boolean =>
  literals.every(([name, value]) => query.has(name) && (value === "" || query.get(name) === value));

const hasRequired = ({ requiredQuery, requiredHeaders }: RestRoute, query: URLSearchParams, headers: IncomingHttpHeaders): boolean =>
  requiredQuery.every((name) => query.has(name)) && requiredHeaders.every((name) => headers[name] !== undefined);

function labelsOf({ segments, isGreedy }: RestRoute, given: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  segments.forEach((segment, index) => {
    if (!isLabel(segment)) return;
    const isRest = isGreedy && index === segments.length - 1;
    labels[segment.slice(1, isRest ? -2 : -1)] = isRest ? given.slice(index).join("/") : given[index]!;
  });
  return labels;
}

const HOSTED_BUCKET = /^(.+?)\.s3[.-]/;
const LOCAL_BUCKET = /^(.+)\.localhost$/;

/** A path to S3 with the bucket in it, wherever the client put it: bucket.s3.<region>.amazonaws.com, bucket.s3.localhost, bucket.localhost. */
export function bucketPath({ headers, path }: RequestHead): string {
  const host = (header(headers, "host") ?? "").replace(/:\d+$/, "");
  const bucket = HOSTED_BUCKET.exec(host)?.[1] ?? (/^s3[.-]/.test(`${host}.`) ? undefined : LOCAL_BUCKET.exec(host)?.[1]);
  return bucket === undefined || bucket === "s3" ? path : `/${bucket}${path}`;
}
