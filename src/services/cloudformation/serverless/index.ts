/**
 * The transform AWS::Serverless-2016-10-31: a template of the Serverless Application Model becomes one of CloudFormation.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
 *
 * It follows SAM's own translator to the letter, with its ids, names and messages, because stacks that were deployed by
 * AWS must come out the same. https://github.com/aws/serverless-application-model
 *
 * How it is built: `passes.ts` is the list of passes over the template, each with why it stands there. One of them goes
 * over the resources, and asks the resource's type, from the list in `types.ts`. A type is one file with one value of
 * `ServerlessType`: its `properties`, as rules of `property.ts`, are checked in SAM's words before `transform` is called;
 * `transform` gives `resource(...)`s, or throws `invalidResource(id, message)`, which is collected with the others. An
 * event source of a function is one value of `EventSource` in `event-source/`, listed in `event-source/index.ts`. What
 * resources of one run share (usage plans, deployment groups) they keep in `context.shared(newThing)`. Definitions of APIs are edited in `openapi/`, by
 * the events and by the APIs; what their hashes have to do with Python 2.7 is said in `python-marks.ts`.
 *
 * Values are `Section`s that are changed in place, as in SAM: a function's event adds a path to the API's definition, and
 * the API comes later. The template that the caller gave is copied first.
 */
import type { JsonObject } from "../value.ts";
import { newContext, type Surroundings } from "./context.ts";
import type { Section } from "./draft.ts";
import { type Invalid, InvalidServerlessTemplate } from "./invalid.ts";
import { passes } from "./passes.ts";

export type { Surroundings } from "./context.ts";
export { InvalidServerlessTemplate } from "./invalid.ts";

/** The template without SAM. Throws `InvalidServerlessTemplate`, with all that is wrong in SAM's words. */
export function transformServerless(body: JsonObject, surroundings: Surroundings): JsonObject {
  const context = newContext(structuredClone(body) as Section, surroundings);
  const causes: Invalid[] = [];
  for (const pass of passes) causes.push(...pass(context));
  if (causes.length > 0) throw new InvalidServerlessTemplate(causes);
  // What a resource says of something that is not there is null; it will be refused by CloudFormation, as it should be.
  return JSON.parse(JSON.stringify(context.output, (_, value) => value ?? null)) as JsonObject;
}
