import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { ResourceType } from "../../kernel/resource.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { ChangeSet, ToImport } from "./change-set.ts";
import { evaluate } from "./evaluate.ts";
import { contextOf, isLive, planFor } from "./planning.ts";
import { existing, resources } from "./resource.ts";
import { arnOf, findStack, type Stack, stacks, type Target } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import { resourceType } from "./target.ts";
import type { ResourceDeclaration } from "./template.ts";
import { specificationOf } from "./type-knowledge.ts";
import { asText } from "./value.ts";

type Importing = Pick<ChangeSet, "type" | "toImport" | "importExisting">;

const refuse = (message: string): never => fault("ValidationError", message);

/**
 * The target with what a change set brings into the stack; refuses what can not come in.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
 */
export function withImports(scope: Scope, stack: Stack, target: Target, { type, toImport = [], importExisting }: Importing): Target {
  if (type === "IMPORT" && toImport.length === 0) refuse("ResourcesToImport is required for change sets of type IMPORT");
  const named = namedImports(scope, stack, target, toImport);
  const imports = { ...(importExisting ? foundImports(scope, stack, target) : {}), ...named };
  const importing = Object.keys(imports).length === 0 ? target : { ...target, imports };
  if (type === "IMPORT") checkOnlyImports(scope, stack, importing);
  return importing;
}

/** The properties that identify a resource to be imported; none of types that have no resource of their own, or that can not be read. */
export const importIdentifier = (scope: Scope, type: string): readonly string[] =>
  /^AWS::CloudFormation::(?!Stack$)|^AWS::CDK::|^Custom::/.test(type)
    ? []
    : (specificationOf(scope, type).type(type)?.primaryIdentifier ?? []);

/** By logical id, the identifiers of what the caller names. */
function namedImports(scope: Scope, stack: Stack, target: Target, asked: readonly ToImport[]): Record<string, string> {
  const { template } = templateOf(scope, target);
  const inStack = new Set(existing(scope, stack).map(({ logicalId }) => logicalId));
  const declared = ({ logicalId }: ToImport): ResourceDeclaration | undefined => template.Resources[logicalId];
  const check = (
    isBad: (one: ToImport) => boolean,
    sentence: (names: string) => string,
    nameOf = ({ logicalId }: ToImport) => logicalId,
  ) => {
    const bad = asked.filter(isBad);
    if (bad.length > 0) refuse(sentence([...new Set(bad.map(nameOf))].join(", ")));
  };
  check(
    (one) => declared(one) === undefined || !isLive(declared(one)!, target),
    (names) => `Resources [${names}] passed in ResourceToImport are not in the template.`,
  );
  check(
    ({ logicalId }) => inStack.has(logicalId),
    (names) => `Resources [${names}] passed in ResourceToImport are already in a stack and cannot be imported.`,
  );
  check(
    (one) => declared(one)!.Type !== one.type,
    (names) => `The resource types of [${names}] passed in ResourceToImport are not those of the template.`,
  );
  check(
    ({ type, identifier }) =>
      importIdentifier(scope, type).length === 0 &&
      (specificationOf(scope, type).type(type) !== undefined || Object.keys(identifier).length === 0),
    (types) => `ResourceTypes [${types}] are not supported for Import`,
    ({ type }) => type,
  );
  check(
    (one) => declared(one)!.DeletionPolicy === undefined,
    (names) => `The following resources to import [${names}] must have DeletionPolicy attribute specified in the template.`,
  );
  return Object.fromEntries(asked.map((one) => [one.logicalId, identifierOf(scope, one)]));
}

function identifierOf(scope: Scope, { logicalId, type, identifier }: ToImport): string {
  const names = importIdentifier(scope, type);
  const wanted = names.length > 0 ? names : Object.keys(identifier);
  const missing = wanted.filter((name) => !identifier[name]);
  if (missing.length > 0) refuse(`Resource identifier [${missing.join(", ")}] of [${logicalId}] is missing in ResourceToImport.`);
  const strange = Object.keys(identifier).filter((name) => !wanted.includes(name));
  if (strange.length > 0) refuse(`[${strange.join(", ")}] do not identify resources of type ${type}.`);
  return wanted.map((name) => identifier[name]).join("|");
}

/**
 * What of a target's new resources exists already outside of any stack, and may come in: named by the template, and kept by
 * its policy should the stack go.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
 */
function foundImports(scope: Scope, stack: Stack, target: Target): Record<string, string> {
  const { template } = templateOf(scope, target);
  const context = { ...contextOf(scope, template, target), resource: () => undefined };
  const known = new Set(existing(scope, stack).map(({ logicalId }) => logicalId));
  const found: Record<string, string> = {};
  const unkept: string[] = [];
  for (const [logicalId, declared] of Object.entries(template.Resources)) {
    if (known.has(logicalId) || !isLive(declared, target)) continue;
    const names = importIdentifier(scope, declared.Type);
    const values = names.map((name) => {
      const property = declared.Properties?.[name];
      const evaluated = property === undefined ? undefined : evaluate(context, property);
      return evaluated?.state === "value" ? asText(evaluated.value) : undefined;
    });
    if (values.length === 0 || values.includes(undefined)) continue;
    const id = values.join("|");
    if (ownerOf(scope, declared.Type, id) !== undefined) continue;
    if (resourceType(scope, declared.Type)?.read(scope, id) === undefined) continue;
    if (declared.DeletionPolicy === "Retain" || declared.DeletionPolicy === "RetainExceptOnCreate") found[logicalId] = id;
    else unkept.push(`${logicalId} ({${names.map((name, index) => `${name}=${values[index]}`).join(", ")}})`);
  }
  if (unkept.length > 0)
    refuse(
      `CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources are ${unkept.join(", ")}`,
    );
  return found;
}

/** An import changes nothing that is in the stack already. */
function checkOnlyImports(scope: Scope, stack: Stack, target: Target): void {
  const { template } = templateOf(scope, target);
  const deployed = stack.target && templateOf(scope, stack.target).template;
  const { changes } = planFor(scope, stack, target);
  const names = (action: (typeof changes)[number]["Action"]): string[] =>
    changes
      .filter(
        ({ Action, Details = [] }) =>
          Action === action && !(Details.length > 0 && Details.every(({ ChangeSource: by }) => by === "Automatic")),
      )
      .map(({ LogicalResourceId }) => LogicalResourceId!);
  const added = names("Add");
  if (added.length > 0) refuse(`Resources [${added.join(", ")}] is missing from ResourceToImport list`);
  const changed = [...names("Modify"), ...names("Remove")];
  if (changed.length > 0)
    refuse(
      `You have modified resources [${changed.join(", ")}] in your template that are not being imported. Update, create or delete operations cannot be executed during import operations.`,
    );
  if (!sameJson(deployed?.Outputs ?? {}, template.Outputs)) refuse("As part of the import operation, you cannot modify or add [Outputs]");
}

/** The stack that has a resource. */
export function ownerOf(scope: Scope, type: string, id: string): Stack | undefined {
  const row = resources.by(scope, "physical", id).find((one) => one.type === type);
  return row && stacks.get(scope, row.id.slice(0, row.id.lastIndexOf("/")));
}

/** Why a resource that a change set named can not come in now. */
export function importRefusal(scope: Scope, typeName: string, type: ResourceType, id: string): string | undefined {
  const owner = ownerOf(scope, typeName, id);
  if (owner !== undefined) return `${id} already exists in stack ${arnOf(scope, owner)}`;
  if (type.read(scope, id) === undefined) return `Resource of type '${typeName}' with identifier '${id}' was not found.`;
  const inner = typeName === "AWS::CloudFormation::Stack" ? findStack(scope, id) : undefined;
  return inner?.parentId === undefined ? undefined : `${id} is already nested in stack ${inner.parentId}`;
}

/**
 * A stack that comes into another, or goes out of it.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-nested-stacks.html
 */
export function setParent(scope: Scope, type: string, id: string, parent: Stack | undefined): void {
  const inner = type === "AWS::CloudFormation::Stack" ? findStack(scope, id) : undefined;
  if (inner === undefined) return;
  const parentId = parent && arnOf(scope, parent);
  stacks.patch(scope, inner.id, { parentId, rootId: parent?.rootId ?? parentId });
}
