import { asSection, type Section, type Value } from "./draft.ts";
import { resolveMappings, resolveParameters } from "./reference.ts";

/** What the transform knows of where the template is deployed. */
export interface Surroundings {
  /** The values of the template's parameters; those of pseudo parameters, too, where they are known. */
  readonly parameters: Section;
  readonly region: string;
  /** The moment as Unix seconds, for `AlwaysDeploy`. */
  readonly now: number;
  /** The template of an application of the Serverless Application Repository; why there is none, or whether it is late. */
  application?(id: string, version: string): { readonly templateUrl: string; readonly isReady?: boolean } | { readonly error: string };
  /** Whether a resource's Metadata go to all that is made of it. CloudFormation does not; tools that look back from there do. */
  readonly passesMetadata?: boolean;
  /** A switch of AWS's: whether the version of a REST API's definition goes before the one that the API asks for. Off, unless said. */
  readonly prefersDefinitionVersion?: boolean;
}

/** One run of the transform. */
export interface Context {
  readonly surroundings: Surroundings;
  readonly partition: string;
  /** The template as declared, with what the passes put into it; resources of SAM are read from here. */
  readonly declared: Section;
  /** The template that comes out: a copy of the declared one in which SAM's resources are replaced one by one. */
  output: Section;
  readonly parameters: Section;
  /** Values of parameters put in, in the value itself. */
  resolve(value: Value): Value;
  /** As `resolve`, and what mappings have. */
  resolveAll(value: Value): Value;
  /** Something that resources of one run share, made when it is first asked for. */
  shared<T>(make: () => T): T;
}

export function newContext(declared: Section, surroundings: Surroundings): Context {
  const partition = partitionOf(surroundings.region);
  const parameters = { "AWS::Region": surroundings.region, "AWS::Partition": partition, ...defaults(declared), ...surroundings.parameters };
  const shared = new Map<() => unknown, unknown>();
  return {
    surroundings,
    partition,
    declared,
    output: declared,
    parameters,
    resolve: (value) => resolveParameters(value, parameters),
    resolveAll: (value) => resolveMappings(resolveParameters(value, parameters), asSection(declared["Mappings"])),
    shared: <T>(make: () => T): T => {
      if (!shared.has(make)) shared.set(make, make());
      return shared.get(make) as T;
    },
  };
}

function defaults(template: Section): Section {
  const declared = Object.entries(asSection(template["Parameters"]));
  const withDefault = declared.filter(([, parameter]) => Object.hasOwn(asSection(parameter), "Default"));
  return Object.fromEntries(withDefault.map(([name, parameter]) => [name, asSection(parameter)["Default"]]));
}

const PARTITIONS: readonly (readonly [prefix: string, partition: string])[] = [
  ["cn-", "aws-cn"],
  ["us-isob", "aws-iso-b"],
  ["us-isof", "aws-iso-f"],
  ["us-iso-", "aws-iso"],
  ["eu-isoe", "aws-iso-e"],
  ["us-gov", "aws-us-gov"],
  ["eusc-", "aws-eusc"],
];

const partitionOf = (region: string): string => PARTITIONS.find(([prefix]) => region.toLowerCase().startsWith(prefix))?.[1] ?? "aws";
