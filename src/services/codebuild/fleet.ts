import { fault } from "../../kernel/fault.ts";
import { type Stored, stored } from "../../kernel/json.ts";
import { operation } from "../../kernel/operation.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import {
  BatchGetFleets$,
  CreateFleet$,
  type CreateFleetInput,
  DeleteFleet$,
  type Fleet as FleetShape,
  InvalidInputException,
  ListFleets$,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateFleet$,
} from "../../sdk/codebuild.js";
import { keysBy, listed } from "./listing.ts";
import { checkVpc } from "./network.ts";

/** Machines that are always there: how many builds of theirs run at a time. By its name. */
export interface Fleet extends Row {
  /** The random part of its id and ARN. */
  readonly uuid: string;
  readonly declaration: Stored<Omit<CreateFleetInput, "name">>;
  readonly overflowBehavior: "QUEUE" | "ON_DEMAND";
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export const fleets = new Table<Fleet>("codebuild/fleet", {
  arn: ({ id, uuid }, { account, region }) => `arn:aws:codebuild:${region}:${account}:fleet/${id}:${uuid}`,
});

export const createFleet = operation(CreateFleet$, (scope, { name, ...declared }) => {
  if (fleets.get(scope, name!) !== undefined) fault(ResourceAlreadyExistsException, `Fleet already exists: ${name}`);
  return { fleet: shownFleet(scope, putFleet(scope, name!, stored(declared) as Fleet["declaration"])) };
});

export const updateFleet = operation(UpdateFleet$, (scope, { arn, ...declared }) => {
  const known = requireFleet(scope, arn!);
  return { fleet: shownFleet(scope, putFleet(scope, known.id, { ...known.declaration, ...(stored(declared) as Fleet["declaration"]) })) };
});

export const deleteFleet = operation(DeleteFleet$, (scope, { arn }) => {
  const known = fleetByArn(scope, arn!);
  if (known !== undefined) fleets.remove(scope, known.id);
  return {};
});

export const batchGetFleets = operation(BatchGetFleets$, (scope, { names = [] }) => {
  const find = (name: string): Fleet | undefined => fleetByArn(scope, name) ?? fleets.get(scope, name);
  return {
    fleets: names.flatMap((name) => find(name) ?? []).map((fleet) => shownFleet(scope, fleet)),
    fleetsNotFound: names.filter((name) => find(name) === undefined),
  };
});

export const listFleets = operation(ListFleets$, (scope, { sortBy, ...listing }) => {
  const { items, next } = listed(fleets.list(scope), keysBy(sortBy), listing);
  return { fleets: items.map((fleet) => fleetArn(scope, fleet)), ...next };
});

/** Make the fleet be as declared; its ARN stays. */
export function putFleet(scope: Scope, name: string, declaration: Fleet["declaration"]): Fleet {
  const { baseCapacity = 0, scalingConfiguration, computeType, computeConfiguration } = declaration;
  if (baseCapacity < 0) fault(InvalidInputException, "Base capacity must be at least 0");
  if ((scalingConfiguration?.maxCapacity ?? baseCapacity + 1) <= baseCapacity) {
    fault(InvalidInputException, "Max capacity must be greater than the base capacity");
  }
  if ((computeType === "ATTRIBUTE_BASED_COMPUTE" || computeType === "CUSTOM_INSTANCE_TYPE") && computeConfiguration === undefined) {
    fault(InvalidInputException, `Compute configuration is required for compute type ${computeType}`);
  }
  checkVpc(scope, declaration.vpcConfig);
  refuseDenials(declaration.proxyConfiguration);
  const known = fleets.get(scope, name);
  const now = scope.clock.now();
  return fleets.put(scope, {
    id: name,
    uuid: known?.uuid ?? scope.id.uuid(),
    declaration,
    overflowBehavior: declaration.overflowBehavior ?? "QUEUE",
    createdAt: known?.createdAt ?? now,
    modifiedAt: now,
  });
}

/** Nothing here stands between a build and the network: a proxy that lets everything pass is as good as none. */
function refuseDenials(proxy: Fleet["declaration"]["proxyConfiguration"]): void {
  const { defaultBehavior = "ALLOW_ALL", orderedProxyRules = [] } = proxy ?? {};
  if (defaultBehavior === "DENY_ALL" || orderedProxyRules.some(({ effect }) => effect === "DENY")) {
    fault(InvalidInputException, "Proxy rules that deny are not implemented by Slipway.");
  }
}

/** How many builds run at a time when so many want to: a fleet that may scale does so at once. */
export function capacityOf({ declaration }: Fleet, wanted: number): number {
  const { baseCapacity = 0, scalingConfiguration } = declaration;
  const { maxCapacity = baseCapacity, targetTrackingScalingConfigs = [] } = scalingConfiguration ?? {};
  const target = targetTrackingScalingConfigs[0]?.targetValue ?? 100;
  return Math.max(baseCapacity, Math.min(maxCapacity, Math.ceil((wanted * 100) / target)));
}

export const fleetArn = (scope: Scope, { id, uuid }: Fleet): string => scope.arn("codebuild", `fleet/${id}:${uuid}`);

/** The fleet of an ARN, with or without its random part. */
export function fleetByArn(scope: Scope, arn: string): Fleet | undefined {
  const [, name, uuid] = /:fleet\/([^:]+)(?::(.+))?$/.exec(arn) ?? [];
  const fleet = name === undefined ? undefined : fleets.get(scope, name);
  return uuid === undefined || fleet?.uuid === uuid ? fleet : undefined;
}

const requireFleet = (scope: Scope, arn: string): Fleet =>
  fleetByArn(scope, arn) ?? fault(ResourceNotFoundException, `Fleet cannot be found: ${arn}`);

export function shownFleet(scope: Scope, fleet: Fleet): FleetShape {
  const { id, uuid, declaration, overflowBehavior, createdAt, modifiedAt } = fleet;
  const { scalingConfiguration, ...rest } = declaration;
  return {
    arn: fleetArn(scope, fleet),
    name: id,
    id: uuid,
    created: new Date(createdAt),
    lastModified: new Date(modifiedAt),
    status: { statusCode: "ACTIVE" },
    ...(rest as object),
    overflowBehavior,
    ...(scalingConfiguration && {
      scalingConfiguration: { ...(scalingConfiguration as object), desiredCapacity: declaration.baseCapacity ?? 0 },
    }),
  };
}
