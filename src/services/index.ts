import type { Service } from "../kernel/service.ts";
import { iam } from "./iam/index.ts";
import { sqs } from "./sqs/index.ts";
import { sts } from "./sts/index.ts";

/** Every service, one line each. A service may use the api.ts of those above it. */
export const services: readonly Service[] = [iam, sts, sqs];
