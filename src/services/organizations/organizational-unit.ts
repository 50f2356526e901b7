import { fault } from "../../kernel/fault.ts";
import { operation } from "../../kernel/operation.ts";
import { page } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { type Row, Table } from "../../kernel/table.ts";
import { tagsOf } from "../../kernel/tag.ts";
import {
  ChildNotFoundException,
  CreateOrganizationalUnit$,
  DeleteOrganizationalUnit$,
  DescribeOrganizationalUnit$,
  DuplicateOrganizationalUnitException,
  ListChildren$,
  ListOrganizationalUnitsForParent$,
  ListParents$,
  OrganizationalUnitNotEmptyException,
  OrganizationalUnitNotFoundException,
  ParentNotFoundException,
  UpdateOrganizationalUnit$,
} from "../../sdk/organizations.js";
import { accounts } from "./account.ts";
import {
  invalidToken,
  invalidValue,
  isEmpty,
  LOWER,
  type Organization,
  organizationArn,
  requireManaged,
  requireSeen,
} from "./organization.ts";
import { attachFullAccess, detachAll } from "./policy.ts";
import { forgetTag, putTags } from "./tag.ts";

/** An organizational unit, by its id. */
export interface OrganizationalUnit extends Row {
  readonly organization: string;
  /** The root or the unit that it is in. */
  readonly parent: string;
  readonly name: string;
}

export const units = new Table<OrganizationalUnit>("organizations/organizational-unit", {
  reach: "global",
  indexes: { organization: ({ organization }) => organization, parent: ({ parent }) => parent },
});

const LISTED_MAX = 20;
const DUPLICATE = "An OU with the same name already exists.";

export const createOrganizationalUnit = operation(CreateOrganizationalUnit$, (scope, { ParentId, Name, Tags }) => {
  const organization = requireManaged(scope);
  requireParent(scope, organization, ParentId!);
  if (units.by(scope, "parent", ParentId!).some(({ name }) => name === Name)) fault(DuplicateOrganizationalUnitException, DUPLICATE);
  const unit = units.put(scope, {
    id: `ou-${organization.root.slice(2)}-${scope.id.text(8, LOWER)}`,
    organization: organization.id,
    parent: ParentId!,
    name: Name!,
  });
  attachFullAccess(scope, organization, unit.id);
  putTags(scope, organization, unit.id, tagsOf(Tags));
  return { OrganizationalUnit: shown(scope, organization, unit) };
});

export const updateOrganizationalUnit = operation(UpdateOrganizationalUnit$, (scope, { OrganizationalUnitId, Name }) => {
  const organization = requireManaged(scope);
  const unit = requireUnit(scope, organization, OrganizationalUnitId!);
  if (Name === undefined || Name === unit.name) return { OrganizationalUnit: shown(scope, organization, unit) };
  if (units.by(scope, "parent", unit.parent).some(({ name }) => name === Name)) fault(DuplicateOrganizationalUnitException, DUPLICATE);
  return { OrganizationalUnit: shown(scope, organization, units.patch(scope, unit.id, { name: Name })) };
});

export const deleteOrganizationalUnit = operation(DeleteOrganizationalUnit$, (scope, { OrganizationalUnitId }) => {
  const organization = requireManaged(scope);
  const { id } = requireUnit(scope, organization, OrganizationalUnitId!);
  if (!isEmpty(scope, id))
    fault(
      OrganizationalUnitNotEmptyException,
      "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and try the operation again.",
    );
  detachAll(scope, organization, id);
  forgetTag(scope, organization, id);
  units.remove(scope, id);
  return {};
});

export const describeOrganizationalUnit = operation(DescribeOrganizationalUnit$, (scope, { OrganizationalUnitId }) => {
  const organization = requireSeen(scope);
  return { OrganizationalUnit: shown(scope, organization, requireUnit(scope, organization, OrganizationalUnitId!)) };
});

export const listOrganizationalUnitsForParent = operation(
  ListOrganizationalUnitsForParent$,
  (scope, { ParentId, NextToken, MaxResults = LISTED_MAX }) => {
    const organization = requireSeen(scope);
    requireParent(scope, organization, ParentId!);
    const { items, nextToken } = page(units.by(scope, "parent", ParentId!), ({ id }) => id, MaxResults, NextToken, invalidToken);
    return { OrganizationalUnits: items.map((unit) => shown(scope, organization, unit)), ...(nextToken && { NextToken: nextToken }) };
  },
);

export const listChildren = operation(ListChildren$, (scope, { ParentId, ChildType, NextToken, MaxResults = LISTED_MAX }) => {
  const organization = requireSeen(scope);
  requireParent(scope, organization, ParentId!);
  const children = ChildType === "ACCOUNT" ? accounts.by(scope, "parent", ParentId!) : units.by(scope, "parent", ParentId!);
  const { items, nextToken } = page<Row>(children, ({ id }) => id, MaxResults, NextToken, invalidToken);
  return { Children: items.map(({ id }) => ({ Id: id, Type: ChildType! })), ...(nextToken && { NextToken: nextToken }) };
});

export const listParents = operation(ListParents$, (scope, { ChildId }) => {
  const organization = requireSeen(scope);
  if (!/^(\d{12}|ou-.*)$/.test(ChildId!)) invalidValue();
  const child = accounts.get(scope, ChildId!) ?? units.get(scope, ChildId!);
  if (child?.organization !== organization.id) return fault(ChildNotFoundException, "You specified a child that doesn't exist.");
  const Type = child.parent === organization.root ? ("ROOT" as const) : ("ORGANIZATIONAL_UNIT" as const);
  return { Parents: [{ Id: child.parent, Type }] };
});

export const unitsOf = (scope: Scope, { id }: Organization): OrganizationalUnit[] => units.by(scope, "organization", id);

/** Whether it is the organization's root or one of its units. */
export const isParent = (scope: Scope, { id, root }: Organization, parent: string): boolean =>
  parent === root || units.get(scope, parent)?.organization === id;

function requireParent(scope: Scope, organization: Organization, parent: string): void {
  if (!isParent(scope, organization, parent)) fault(ParentNotFoundException, "You specified parent that doesn't exist.");
}

function requireUnit(scope: Scope, { id }: Organization, unit: string): OrganizationalUnit {
  const found = units.get(scope, unit);
  return found?.organization === id
    ? found
    : fault(OrganizationalUnitNotFoundException, "You specified an organizational unit that doesn't exist.");
}

/** Where in the organization a root or a unit is: the ids from the top, each with a slash. */
export function pathOf(scope: Scope, organization: Organization, parent: string): string {
  const unit = units.get(scope, parent);
  return unit === undefined ? `${organization.id}/${organization.root}/` : `${pathOf(scope, organization, unit.parent)}${unit.id}/`;
}

/** The accounts in a root or a unit and in all units below it, in order. */
export const accountsBelow = (scope: Scope, parent: string): string[] =>
  [
    ...accounts.by(scope, "parent", parent).map(({ id }) => id),
    ...units.by(scope, "parent", parent).flatMap(({ id }) => accountsBelow(scope, id)),
  ].sort();

const shown = (scope: Scope, organization: Organization, { id, name }: OrganizationalUnit) => ({
  Id: id,
  Arn: organizationArn(organization, `ou/${organization.id}/${id}`),
  Name: name,
  Path: pathOf(scope, organization, id),
});
