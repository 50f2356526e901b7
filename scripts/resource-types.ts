// Writes docs/resource-types.md: what each CloudFormation resource type does, from the types themselves and what AWS says of them.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ResourceType } from "../src/kernel/resource.ts";
import { specification } from "../src/services/cloudformation/specification.ts";
import { services } from "../src/services/index.ts";

export const RESOURCE_TYPES_PAGE = new URL("../docs/resource-types.md", import.meta.url);

const schemas = createRequire(import.meta.url)("../data/resource-schemas.json") as Readonly<Record<string, any>>;

/** The page as it is to be. */
export function resourceTypesPage(): string {
  const offering = services.filter(({ name, resources = [] }) => name !== "cloudformation" && resources.length > 0);
  const types = offering.flatMap(({ resources = [] }) => resources);
  return `# Resource types

The ${types.length} CloudFormation resource types that are here, besides those of CloudFormation itself. Each is created, updated and deleted with every property of its schema but those that
are named as refused: they fail with \`Slipway does not implement PROPERTY of TYPE\`, unless what they say is what is anyway. Drift detection and
\`Fn::GetAtt\` look at the live resource. Each type has an example with all of its properties in its service's \`resources.fixture.ts\`, which a
test takes through its life: created, in sync, changed property by property, drifted by hand, listed, gone. Written by \`npm run coverage\`.

${offering.map(({ name, resources = [] }) => `## ${name}\n\n${resources.map(sectionOf).join("\n\n")}`).join("\n\n")}
`;
}

function sectionOf(type: ResourceType): string {
  const refused = Object.entries(type.absent ?? {});
  const whole = refused.filter(([, harmless]) => harmless.length === 0).map(([path]) => path);
  const known = schemas[type.type]?.properties ?? {};
  const properties = [...(specification.type(type.type)?.properties ?? [])].filter(([name]) => name in known && !whole.includes(name));
  const named = (mutability: string): string[] => properties.filter(([, one]) => one.mutability === mutability).map(([name]) => name);
  const writeOnly = namesIn(schemas[type.type]?.writeOnlyProperties).filter((name) => !whole.includes(name.split(".")[0]!));
  const lines = [
    line("in place", named("Mutable")),
    line("in place or by replacement, as the value has it", named("Conditional")),
    line("by replacement", [...named("Immutable"), ...(type.replaceOn ?? [])]),
    line("not seen by drift detection", writeOnly),
    line(
      "refused",
      refused.map(([path, harmless]) => shownRefusal(path, harmless)),
    ),
  ];
  return [`### ${type.type}`, "", ...lines.filter((one) => one !== "")].join("\n");
}

const line = (what: string, names: readonly string[]): string => (names.length === 0 ? "" : `* ${what}: ${[...names].sort().join(", ")}`);

const namesIn = (pointers: readonly string[] = []): string[] =>
  pointers.map((pointer) =>
    pointer.replace("/properties/", "").replaceAll("/properties/", "/").replaceAll("/*/", "/").replaceAll("/", "."),
  );

const shownRefusal = (path: string, harmless: readonly unknown[]): string =>
  `${path.replaceAll("/", ".")}${harmless.length === 0 ? "" : ` (other than ${harmless.map(String).join(", ")})`}`;

if (import.meta.main) writeFileSync(RESOURCE_TYPES_PAGE, resourceTypesPage());
