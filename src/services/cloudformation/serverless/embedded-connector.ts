import { connector } from "./connector.ts";
import type { Context } from "./context.ts";
import { asSection, copyOf, hasMember, isSection, type Section, type Value } from "./draft.ts";
import { attributeOwner, expectMap, resourceOwner } from "./expect.ts";
import { duplicateLogicalId, Invalid, invalidResource } from "./invalid.ts";
import { asDeclared, resource } from "./resource.ts";
import { readDeclared } from "./serverless-type.ts";

/**
 * Connectors that stand in the resource that they start from become resources of their own, before resources are gone
 * through.
 */
export function embeddedConnectors(context: Context): Invalid[] {
  const resources = asSection(context.declared["Resources"]);
  const causes: Invalid[] = [];
  const found: Section = {};
  const noting = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      causes.push(error);
    }
  };
  for (const [id, section] of Object.entries(resources)) {
    if (!isSection(section) || !hasMember(section, "Connectors")) continue;
    noting(() => {
      for (const [name, given] of Object.entries(expectMap(section["Connectors"], attributeOwner(id), `${id}.Connectors`))) {
        noting(() => {
          if (Object.hasOwn(resources, id + name)) throw duplicateLogicalId(id, id + name, connector.type);
          found[id + name] = embedded(id, name, given, context);
        });
      }
    });
  }
  Object.assign(resources, found);
  for (const section of Object.values(resources)) if (isSection(section)) delete section["Connectors"];
  return causes;
}

function embedded(id: string, name: string, given: Value, context: Context): Section {
  const fullId = id + name;
  if (!isSection(given)) throw invalidResource(fullId, `${id}.${fullId} should be a map.`);
  const section: Section = { ...copyOf(given), Type: connector.type };
  const properties = expectMap(section["Properties"], attributeOwner(id), `Connectors.${name}.Properties`);
  properties["Source"] = { Id: id };
  if (hasMember(properties, "SourceReference")) {
    const reference = expectMap(properties["SourceReference"], resourceOwner(id), `Connectors.${name}.Properties.SourceReference`);
    if (hasMember(reference, "Id")) throw invalidResource(name, "'Id' shouldn't be defined in 'SourceReference'.");
    properties["Source"] = { Id: id, ...reference };
    delete properties["SourceReference"];
  }
  const declared = readDeclared(connector, fullId, section, context);
  return asDeclared(resource(connector.type, fullId, declared.properties, declared.attributes, declared.dependsOn));
}
