import type { Configuration, ConfigurationChange } from "./configuration.ts";
import { logGroupOf } from "./configuration.ts";

type Properties = Readonly<Record<string, any>>;

/** What a template says of a function's configuration; numbers may have come as text. */
export function declaredConfiguration(declared: Properties): ConfigurationChange {
  const { Timeout, MemorySize, EphemeralStorage, Environment, KmsKeyArn, ...rest } = declared;
  const { Code, FunctionName: _name, Tags: _tags, ReservedConcurrentExecutions: _reserved, RecursiveLoop: _loop, ...said } = rest;
  const Variables = Object.entries(Environment?.Variables ?? {}).map(([name, value]) => [name, String(value)]);
  return {
    ...said,
    ...(Code?.ImageUri !== undefined && { PackageType: "Image" as const }),
    ...(KmsKeyArn !== undefined && { KMSKeyArn: KmsKeyArn }),
    ...(Timeout !== undefined && { Timeout: Number(Timeout) }),
    ...(MemorySize !== undefined && { MemorySize: Number(MemorySize) }),
    ...(EphemeralStorage !== undefined && { EphemeralStorage: { Size: Number(EphemeralStorage.Size) } }),
    ...(Environment !== undefined && { Environment: { Variables: Object.fromEntries(Variables) } }),
  };
}

/** A configuration as a template would declare it. */
export function liveConfiguration(functionName: string, configuration: Configuration): Properties {
  const { Variables, DeadLetterArn, KMSKeyArn, TracingMode, Layers, EphemeralStorage, LoggingConfig, ...rest } = configuration;
  return {
    ...rest,
    PackageType: "Zip",
    RecursiveLoop: "Allow",
    VpcConfig: { SubnetIds: [], SecurityGroupIds: [], Ipv6AllowedForDualStack: false },
    EphemeralStorage: { Size: EphemeralStorage },
    TracingConfig: { Mode: TracingMode },
    LoggingConfig: { LogFormat: "Text", ...LoggingConfig, LogGroup: logGroupOf(functionName, configuration) },
    ...(Variables && { Environment: { Variables } }),
    ...(DeadLetterArn && { DeadLetterConfig: { TargetArn: DeadLetterArn } }),
    ...(KMSKeyArn && { KmsKeyArn: KMSKeyArn }),
    ...(Layers && { Layers: Layers.map(({ arn }) => arn) }),
  };
}
