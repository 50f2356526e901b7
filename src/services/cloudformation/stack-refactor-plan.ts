import { fault } from "../../kernel/fault.ts";
import { sameJson } from "../../kernel/json.ts";
import type { Scope } from "../../kernel/scope.ts";
import { dependencies } from "./condition.ts";
import { declaredResource } from "./declared-resource.ts";
import { type EvaluationContext, evaluate } from "./evaluate.ts";
import { exported, exportedBy, exportOf, importersOf } from "./export.ts";
import { checkUpdatable } from "./operation.ts";
import { evaluateOutputs, type Outputs } from "./output.ts";
import { rowsOf } from "./phase.ts";
import type { DesiredResource } from "./plan.ts";
import { contextOf, isLive } from "./planning.ts";
import { type Made, type StackResource, valuesOf } from "./resource.ts";
import { type Stack, stacks, type Target } from "./stack.ts";
import { templateOf } from "./stored-template.ts";
import type { Template } from "./template.ts";
import { asText } from "./value.ts";

/** A stack as a refactor wants it. */
export interface RefactorDefinition {
  /** The id of the stack's row. */
  readonly stack: string;
  readonly isNew: boolean;
  readonly target: Target;
  /** How many operations the stack had had: after another one, the refactor is obsolete. */
  readonly operations: number;
}

/** Where a resource is: in the stack of a row, under a logical id. */
export interface Location {
  readonly stack: string;
  readonly logicalId: string;
}

export interface Mapping {
  readonly from: Location;
  readonly to: Location;
}

export interface Move extends Mapping {
  readonly type: string;
  readonly physicalId: string;
  /** Named by whoever wants it, or found. */
  readonly manual: boolean;
}

/** A stack before and after. */
export interface RefactoredStack {
  readonly definition: RefactorDefinition;
  readonly stack: Stack;
  readonly template: Template;
  /** By logical id, what comes from where it was, and how it is declared now. */
  readonly resources: ReadonlyMap<string, { readonly source: StackResource; readonly desired: DesiredResource }>;
  readonly outputs: Outputs;
  readonly imports: readonly string[];
}

export interface RefactorPlan {
  readonly moves: readonly Move[];
  readonly stacks: readonly RefactoredStack[];
}

const refuse = (message: string): never => fault("ValidationError", message);

interface Side extends Pick<RefactoredStack, "definition" | "stack" | "template"> {
  readonly rows: readonly StackResource[];
  readonly live: readonly string[];
}

/**
 * What goes where, so that stacks become as their definitions want them; refuses whatever would make, change or remove a
 * resource. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-refactoring.html#stack-refactoring-considerations
 */
export function planRefactor(scope: Scope, definitions: readonly RefactorDefinition[], mappings: readonly Mapping[]): RefactorPlan {
  const sides = definitions.map((definition) => sideOf(scope, definition));
  const moves = movesBetween(sides, mappings);
  if (moves.length === 0) refuse("The stack refactor moves no resources.");
  const unsupported = moves.filter(({ type }) => /^AWS::(CloudFormation|CDK)::|^Custom::/.test(type));
  if (unsupported.length > 0)
    refuse(`Stack refactoring does not support resource types [${[...new Set(unsupported.map(({ type }) => type))].join(", ")}]`);
  const refactored = settle(scope, sides, moves);
  checkExports(scope, refactored);
  return { moves, stacks: refactored };
}

function sideOf(scope: Scope, definition: RefactorDefinition): Side {
  const stack = stacks.get(scope, definition.stack) ?? refuse(`Stack [${definition.stack}] does not exist`);
  if (!definition.isNew) checkUpdatable(scope, stack);
  const { template } = templateOf(scope, definition.target);
  const live = Object.entries(template.Resources)
    .filter(([, declared]) => isLive(declared, definition.target))
    .map(([logicalId]) => logicalId);
  if (live.length === 0) refuse(`Stack [${stack.name}] would have no resources. CloudFormation does not support empty stacks.`);
  const deployed = stack.target && templateOf(scope, stack.target).template;
  for (const section of ["Parameters", "Conditions", "Mappings"] as const)
    if (deployed !== undefined && !sameJson(deployed[section], template[section]))
      refuse(`Stack [${stack.name}]: ${section} can not be changed or added during a stack refactor.`);
  return { definition, stack, template, rows: rowsOf(scope, stack).filter(({ now }) => now !== undefined && now.physicalId !== ""), live };
}

const keyOf = ({ stack, logicalId }: Location): string => `${stack}/${logicalId}`;

/** What does not stay where it is, and where it goes to: as the mappings say, else what has the same name or the same properties. */
function movesBetween(sides: readonly Side[], mappings: readonly Mapping[]): Move[] {
  const named = new Set(mappings.flatMap(({ from, to }) => [keyOf(from), keyOf(to)]));
  const stays = ({ stack, template, live }: Side, { id, logicalId, type }: StackResource): boolean =>
    !named.has(id) && live.includes(logicalId) && template.Resources[logicalId]!.Type === type && stack !== undefined;
  const going = new Map(
    sides.flatMap((side) => side.rows.filter((row) => !stays(side, row)).map((row) => [row.id, { side, row }] as const)),
  );
  const coming = new Map(
    sides.flatMap((side) =>
      side.live
        .filter((logicalId) => !side.rows.some((row) => row.logicalId === logicalId && stays(side, row)))
        .map((logicalId) => [keyOf({ stack: side.stack.id, logicalId }), { side, logicalId }] as const),
    ),
  );
  const moves: Move[] = [];
  const move = (source: string, destination: string, manual: boolean): void => {
    const { side, row } = going.get(source)!;
    const to = coming.get(destination)!;
    going.delete(source);
    coming.delete(destination);
    const from = { stack: side.stack.id, logicalId: row.logicalId };
    moves.push({ from, to: { stack: to.side.stack.id, logicalId: to.logicalId }, type: row.type, physicalId: row.now!.physicalId, manual });
  };
  for (const { from, to } of mappings) {
    const source = going.get(keyOf(from));
    const destination = coming.get(keyOf(to));
    if (source === undefined || destination === undefined) {
      const [word, where] = source === undefined ? ["source", from] : ["destination", to];
      return refuse(`The ${word} of a resource mapping [${where.logicalId}] is not in the stack [${nameOf(where.stack)}].`);
    }
    if (destination.side.template.Resources[to.logicalId]!.Type !== source.row.type)
      refuse(`A resource mapping changes the resource type of [${from.logicalId}] in the stack [${nameOf(from.stack)}].`);
    move(keyOf(from), keyOf(to), true);
  }
  for (const match of [sameName, sameDeclaration])
    for (const [destination, { side, logicalId }] of [...coming]) {
      const fits = (source: { side: Side; row: StackResource }): boolean =>
        source.row.type === side.template.Resources[logicalId]!.Type && match(source.row, { side, logicalId });
      const found = [...going].filter(([, source]) => fits(source));
      if (found.length === 1) move(found[0]![0], destination, false);
    }
  const made = [...coming.values()].map(({ side, logicalId }) => `${side.stack.name}.${logicalId}`);
  if (made.length > 0) refuse(`Resources [${made.join(", ")}] would be created. A stack refactor does not create resources.`);
  const lost = [...going.values()].map(({ side, row }) => `${side.stack.name}.${row.logicalId}`);
  if (lost.length > 0) refuse(`Resources [${lost.join(", ")}] would be deleted. A stack refactor does not delete resources.`);
  return moves;
}

interface Destination {
  readonly side: Side;
  readonly logicalId: string;
}

const nameOf = (stack: string): string => stack.slice(0, stack.indexOf("/"));
const sameName = (row: StackResource, { logicalId }: Destination): boolean => row.logicalId === logicalId;
const sameDeclaration = ({ now }: StackResource, { side, logicalId }: Destination): boolean =>
  sameJson(now!.properties, side.template.Resources[logicalId]!.Properties ?? {});

/** Evaluate every stack as it will be, with the values that the resources have now. */
function settle(scope: Scope, sides: readonly Side[], moves: readonly Move[]): RefactoredStack[] {
  const rows = new Map(sides.flatMap(({ rows: all }) => all.map((row) => [row.id, row] as const)));
  const movedTo = new Map(moves.map(({ from, to }) => [keyOf(to), keyOf(from)]));
  const sourceOf = (location: Location): StackResource | undefined => rows.get(movedTo.get(keyOf(location)) ?? keyOf(location));
  const stackOf = ({ id, logicalId }: StackResource): Stack => sides.find(({ stack }) => id === `${stack.id}/${logicalId}`)!.stack;
  const asked = new Map(sides.map(({ stack }) => [stack.id, new Set<string>()]));
  const contexts = new Map<string, EvaluationContext>();
  const opening = new Set<string>();
  /** What an export will be; those of the stacks that are refactored do not count as they are. */
  const exportValue = (name: string): string | undefined => {
    if (opening.has(name)) return undefined;
    opening.add(name);
    try {
      for (const { stack, template, definition } of sides) {
        const context = contexts.get(stack.id)!;
        for (const output of Object.values(template.Outputs)) {
          if (output.Export === undefined || !isLive(output, definition.target)) continue;
          const found = evaluate(context, output.Export.Name);
          if (found.state !== "value" || asText(found.value) !== name) continue;
          const value = evaluate(context, output.Value);
          return value.state === "value" ? asText(value.value) : undefined;
        }
      }
      const known = exportOf(scope, name);
      return known === undefined || contexts.has(known.stack) ? undefined : known.value;
    } finally {
      opening.delete(name);
    }
  };
  for (const { stack, template, definition } of sides) {
    contexts.set(stack.id, {
      ...contextOf(scope, template, definition.target),
      importValue(name) {
        asked.get(stack.id)!.add(name);
        return exportValue(name);
      },
      resource(logicalId) {
        const source = sourceOf({ stack: stack.id, logicalId });
        return source && valuesOf(scope, stackOf(source), source.logicalId);
      },
    });
  }
  return sides.map(({ definition, stack, template, live }) => {
    const context = contexts.get(stack.id)!;
    const graph = dependencies(template, definition.target.conditions);
    const resources = new Map(
      live.map((logicalId) => {
        const source = sourceOf({ stack: stack.id, logicalId })!;
        const desired = declaredResource(scope, context, logicalId, template.Resources[logicalId]!, [...graph.get(logicalId)!]);
        if (typeof desired === "string") return refuse(`${stack.name}.${logicalId}: ${desired}`);
        checkUnchanged(`${stack.name}.${logicalId}`, source.now!, desired);
        return [logicalId, { source, desired }] as const;
      }),
    );
    const outputs = evaluateOutputs(context, template, definition.target);
    if (outputs.refusal !== undefined) refuse(outputs.refusal);
    return { definition, stack, template, resources, outputs, imports: [...asked.get(stack.id)!] };
  });
}

const KEPT = ["creationPolicy", "updatePolicy", "deletionPolicy", "updateReplacePolicy"] as const;

function checkUnchanged(name: string, now: Made, desired: DesiredResource): void {
  const properties = new Set([...Object.keys(now.properties), ...Object.keys(desired.properties)]);
  const changed = [
    ...[...properties].filter((property) => !sameJson(now.properties[property], desired.properties[property])).sort(),
    ...KEPT.filter((attribute) => !sameJson(now[attribute], desired[attribute])),
  ];
  if (changed.length > 0)
    refuse(
      `Resource [${name}] would be modified: [${changed.join(", ")}]. A stack refactor does not change the configuration of resources.`,
    );
}

/** An export has one owner, and stays as long as it is imported. */
function checkExports(scope: Scope, refactored: readonly RefactoredStack[]): void {
  const wanted = new Map<string, string>();
  for (const { outputs } of refactored)
    for (const [name, value] of exportedBy(outputs.outputs)) {
      const owner = exportOf(scope, name)?.stack;
      if (wanted.has(name) || (owner !== undefined && !refactored.some(({ stack }) => stack.id === owner)))
        refuse(`Export with name ${name} is already exported by stack ${owner === undefined ? "of this refactor" : nameOf(owner)}`);
      wanted.set(name, value);
    }
  const names = new Set(refactored.map(({ stack }) => stack.name));
  for (const { stack } of refactored)
    for (const { id, value } of exported.by(scope, "stack", stack.id)) {
      if (wanted.get(id) === value) continue;
      const using = importersOf(scope, id).filter((name) => !names.has(name));
      if (using.length > 0)
        refuse(
          `${wanted.has(id) ? `Cannot update export ${id}` : `Export ${id} cannot be deleted`} as it is in use by ${using.join(", ")}`,
        );
    }
}
