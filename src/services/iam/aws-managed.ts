import { createRequire } from "node:module";
import { inflateSync } from "node:zlib";

/**
 * data/managed-policies.json: AWS's own policies by name, path, version, and when they were made and changed; and their documents, a
 * line each in the same order, deflated. https://docs.aws.amazon.com/aws-managed-policy/latest/reference/
 */
interface PoliciesFile {
  readonly policies: readonly (readonly [name: string, path: string, version: string, createdAt: string, updatedAt: string])[];
  readonly documents: string;
}

/** A policy of AWS's own. */
export interface AwsPolicy {
  readonly name: string;
  readonly arn: string;
  readonly path: string;
  readonly version: string;
  /** Undefined where it is not known here. */
  readonly known?: { readonly createdAt: Date; readonly updatedAt: Date };
}

const PREFIX = "arn:aws:iam::aws:policy";
const NOTHING = JSON.stringify({ Version: "2012-10-17", Statement: [] });

/** AWS's own policies; read from the disk when one is asked for the first time, and unpacked one by one. */
export class AwsPolicies {
  readonly #read: () => PoliciesFile;
  readonly #documents = new Map<string, string>();
  #byName: ReadonlyMap<string, readonly [index: number, policy: AwsPolicy]> | undefined;

  constructor(read: () => PoliciesFile) {
    this.#read = read;
  }

  list(): AwsPolicy[] {
    return [...this.#index.values()].map(([, policy]) => policy);
  }

  /**
   * The policy of that ARN; undefined where the ARN is none of AWS's. Their list grows: one that is not known here may be there,
   * and allows nothing where trust is enforced.
   */
  find(arn: string): AwsPolicy | undefined {
    if (!isOfAws(arn)) return undefined;
    const name = nameIn(arn);
    const [, policy] = this.#index.get(name) ?? [];
    return policy?.arn === arn ? policy : { name, arn, path: arn.slice(PREFIX.length, -name.length), version: "v1" };
  }

  /** Its document; one that allows nothing where it is not known. */
  document(arn: string): string {
    const kept = this.#documents.get(arn);
    if (kept !== undefined) return kept;
    const [at, policy] = this.#index.get(nameIn(arn)) ?? [];
    if (at === undefined || policy?.arn !== arn) return NOTHING;
    const document = lineAt(inflateSync(Buffer.from(this.#read().documents, "base64")), at);
    this.#documents.set(arn, document);
    return document;
  }

  get #index() {
    this.#byName ??= new Map(
      this.#read().policies.map(([name, path, version, createdAt, updatedAt], index) => {
        const known = { createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) };
        return [name, [index, { name, arn: `${PREFIX}${path}${name}`, path, version, known }]];
      }),
    );
    return this.#byName;
  }
}

/** Whether an ARN is that of a policy of AWS's own. */
export const isOfAws = (arn: string): boolean => arn.startsWith(`${PREFIX}/`);

const nameIn = (arn: string): string => arn.slice(arn.lastIndexOf("/") + 1);

function lineAt(lines: Buffer, index: number): string {
  let from = 0;
  for (let line = 0; line < index; line++) from = lines.indexOf("\n", from) + 1;
  const to = lines.indexOf("\n", from);
  return lines.toString("utf8", from, to === -1 ? undefined : to);
}

/** Those of this release. */
export const awsPolicies = new AwsPolicies(() => createRequire(import.meta.url)("../../../data/managed-policies.json") as PoliciesFile);
