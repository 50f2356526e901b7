#!/usr/bin/env node
import { App, Stage } from "aws-cdk-lib";
import { PipelineStack } from "../lib/pipeline-stack.ts";
import { ShopStack } from "../lib/shop-stack.ts";

const app = new App();

// What the pipeline deploys. It is synthesized here and now, and handed to the pipeline as an asset.
const service = new ShopStack(new Stage(app, "Service"), "Shop", { stackName: "Shop" });

// What you deploy, with `cdk deploy ShopPipeline`.
new PipelineStack(app, "ShopPipeline", { service });
