import { fault } from "../../kernel/fault.ts";
import type { Scope } from "../../kernel/scope.ts";
import { CreateTags$, DeleteTags$ } from "../../sdk/ec2.js";
import { ec2Operation } from "./ec2-operation.ts";
import { requireImage } from "./image.ts";
import { requireInstances } from "./instance.ts";
import { keyPairs } from "./key-pair.ts";
import { launchTemplates } from "./launch-template.ts";
import { requireGroup } from "./security-group.ts";
import { requireSubnet } from "./subnet.ts";
import { given, putTags, tags, tagsFor, typeOf } from "./tag.ts";
import { requireVolume } from "./volume.ts";
import { requireVpc } from "./vpc.ts";

export const createTags = ec2Operation(CreateTags$, (scope, { Resources = [], Tags = [] }) => {
  const more = given(Tags);
  for (const id of Resources) {
    requireTaggable(scope, id);
    putTags(scope, id, more);
  }
  return {};
});

/** What is not there has no tags to lose: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html */
export const deleteTags = ec2Operation(DeleteTags$, (scope, { Resources = [], Tags }) => {
  for (const id of Resources) {
    if (typeOf(id) === undefined) invalid(id);
    const has = tagsFor(scope, id);
    // A tag without a value goes whatever its value is; no tags at all means all of them.
    const goes = ([key, value]: [string, string]): boolean =>
      Tags === undefined
        ? !key.startsWith("aws:")
        : Tags.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
    tags.put(scope, { id, tags: Object.fromEntries(Object.entries(has).filter((entry) => !goes(entry))) });
  }
  return {};
});

const invalid = (id: string): never => fault("InvalidID", `The ID '${id}' is not valid`);

/** What is tagged has to be there; gateways, route tables and rules are told of by others, and taken at their word. */
function requireTaggable(scope: Scope, id: string): void {
  switch (typeOf(id)) {
    case undefined:
      return invalid(id);
    case "instance":
      return void requireInstances(scope, [id]);
    case "image":
      return void requireImage(scope, id);
    case "volume":
      return void requireVolume(scope, id);
    case "vpc":
      return void requireVpc(scope, id);
    case "subnet":
      return void requireSubnet(scope, id);
    case "security-group":
      return void requireGroup(scope, id);
    case "launch-template":
      if (launchTemplates.get(scope, id) === undefined)
        fault("InvalidLaunchTemplateId.NotFound", `The specified launch template, with template ID ${id}, does not exist.`);
      return;
    case "key-pair":
      if (!keyPairs.list(scope).some((pair) => pair.keyPairId === id))
        fault("InvalidKeyPair.NotFound", `The key pair '${id}' does not exist`);
  }
}
