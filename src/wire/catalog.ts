import { readFileSync } from "node:fs";
import { type ConstraintFile, type ConstraintTable, tableOf } from "./constraint-table.ts";
import { modelOf, type ServiceFacts, type ServiceModel } from "./model.ts";

/** Where a catalog's models come from. */
export interface CatalogSource {
  readonly facts: Readonly<Record<string, ServiceFacts>>;
  /** The schema constants of a service. */
  schemas(name: string): Promise<Readonly<Record<string, unknown>>>;
  constraints(name: string): ConstraintTable;
}

/** Every service of AWS that we have shapes of; a model is loaded by the first request for it. */
export class Catalog {
  readonly #source: CatalogSource;
  readonly #byTarget = new Map<string, string>();
  readonly #bySigningName = new Map<string, string[]>();
  readonly #models = new Map<string, ServiceModel | Promise<ServiceModel>>();

  constructor(source: CatalogSource) {
    this.#source = source;
    for (const [name, { target, signingName }] of Object.entries(source.facts)) {
      this.#byTarget.set(target, name);
      this.#bySigningName.set(signingName, [...(this.#bySigningName.get(signingName) ?? []), name]);
    }
  }

  /** The service that an X-Amz-Target, or a path of rpcv2Cbor, names. */
  byTarget(target: string): string | undefined {
    return this.#byTarget.get(target);
  }

  /** The service of a credential scope; where several share a signing name, the one of the API version. */
  bySigningName(signingName: string, version?: string): string | undefined {
    const names = this.#bySigningName.get(signingName);
    return names?.find((name) => this.#source.facts[name]!.version === version) ?? names?.[0];
  }

  /** For requests that nobody signed. */
  byVersion(version: string): string | undefined {
    return this.names().find((name) => this.#source.facts[name]!.version === version);
  }

  names(): string[] {
    return Object.keys(this.#source.facts);
  }

  facts(name: string): ServiceFacts {
    return this.#source.facts[name]!;
  }

  /** The model at once if it is loaded, otherwise soon. */
  model(name: string): ServiceModel | Promise<ServiceModel> {
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const loading = this.#load(name);
    this.#models.set(name, loading);
    return loading;
  }

  async #load(name: string): Promise<ServiceModel> {
    const model = modelOf(name, this.facts(name), await this.#source.schemas(name), this.#source.constraints(name));
    this.#models.set(name, model);
    return model;
  }
}

/** The catalog of the services in src/sdk. */
export function sdkCatalog(): Catalog {
  const facts = JSON.parse(readFileSync(new URL("../sdk/services.json", import.meta.url), "utf8")) as Record<string, ServiceFacts>;
  let file: ConstraintFile | undefined;
  return new Catalog({
    facts,
    schemas: (name) => import(new URL(`../sdk/schemas/${name}.js`, import.meta.url).href),
    constraints: (name) => {
      file ??= JSON.parse(readFileSync(new URL("../../data/constraints.json", import.meta.url), "utf8")) as ConstraintFile;
      return tableOf(file, name);
    },
  });
}
