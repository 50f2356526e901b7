import type { ResourceExample } from "../testing/resource-example.ts";
import { snsExamples } from "./sns/resources.fixture.ts";
import { sqsExamples } from "./sqs/resources.fixture.ts";

/** An example of each resource type, or several, from the folders of the services. */
export const resourceExamples: readonly ResourceExample[] = [...sqsExamples, ...snsExamples];
