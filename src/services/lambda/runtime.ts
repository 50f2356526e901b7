import type { Runtime } from "../../sdk/lambda.js";
import { invalid } from "./refusal.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
const SUPPORTED: readonly Runtime[] = [
  "nodejs20.x",
  "nodejs22.x",
  "nodejs24.x",
  "nodejs26.x",
  "python3.9",
  "python3.10",
  "python3.11",
  "python3.12",
  "python3.13",
  "python3.14",
  "python3.15",
  "java8.al2",
  "java8.al2023",
  "java11",
  "java11.al2023",
  "java17",
  "java17.al2023",
  "java21",
  "java25",
  "dotnet8",
  "dotnet10",
  "ruby3.2",
  "ruby3.3",
  "ruby3.4",
  "ruby4.0",
  "provided.al2",
  "provided.al2023",
  // Deprecated, though not blocked yet.
  "nodejs16.x",
  "nodejs18.x",
  "python3.8",
];

/** Known, and taken no more. */
const RETIRED: readonly Runtime[] = [
  "nodejs",
  "nodejs4.3",
  "nodejs4.3-edge",
  "nodejs6.10",
  "nodejs8.10",
  "nodejs10.x",
  "nodejs12.x",
  "nodejs14.x",
  "python2.7",
  "python3.6",
  "python3.7",
  "java8",
  "dotnetcore1.0",
  "dotnetcore2.0",
  "dotnetcore2.1",
  "dotnetcore3.1",
  "dotnet6",
  "go1.x",
  "ruby2.5",
  "ruby2.7",
  "provided",
];

/** Refuse a runtime that Lambda does not know, or takes no more. */
export function checkRuntime(runtime: Runtime): void {
  if (SUPPORTED.includes(runtime)) return;
  if (RETIRED.includes(runtime)) {
    invalid(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  }
  const rule = `Member must satisfy enum value set: [${SUPPORTED.join(", ")}] or be a valid ARN`;
  invalid(`Value ${runtime} at 'runtime' failed to satisfy constraint: ${rule}`);
}
