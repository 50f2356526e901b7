import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Cloud } from "../cloud.ts";

export interface StartOptions {
  /** By default `virtual`: it stands still until the test advances it. */
  readonly clock?: "real" | "auto" | "virtual";
  /** By default a free one. */
  readonly port?: number;
  /** By default 127.0.0.1. */
  readonly host?: string;
  /** Where the state is kept; by default nowhere, once it is closed. */
  readonly folder?: string;
  /** The instant at which a virtual clock starts, such as 2026-01-01T00:00:00Z. */
  readonly startAt?: string;
  readonly seed?: number;
  readonly trust?: "open" | "signed" | "enforced";
  /**
   * The account and region of `env` and `client`; any twelve digits, so that tests are kept apart. Where signatures are
   * checked, the account is that of root's first key, 000000000000.
   */
  readonly account?: string;
  readonly region?: string;
  /** Run it in a process of its own, which can be killed. */
  readonly isolated?: boolean;
  /** The command that starts this process, such as a shell that sets limits first; it is given the rest as arguments. */
  readonly wrapper?: readonly string[];
}

/** What traffic has been answered so far, by status. */
export interface TrafficCount {
  readonly id: string;
  readonly sent: number;
  readonly answers: Readonly<Record<string, number>>;
}

/** Why something waits. */
export interface Wait {
  readonly what: string;
  readonly because: string;
  readonly kind: string;
  readonly until?: string;
}

/** Start a real cloud for a test: what unmodified clients talk to. */
export async function startCloud(options: StartOptions = {}): Promise<RunningCloud> {
  const { port = 0, host = "127.0.0.1", clock = "virtual", seed = 1, trust = "open", folder, startAt, isolated = false } = options;
  if (isolated) return startChild(options);
  const cloud = await Cloud.start({
    port,
    host,
    clock,
    seed,
    trust,
    durability: "relaxed",
    allowRealKeys: false,
    ...(folder !== undefined && { folder }),
    ...(startAt !== undefined && { startAt: Date.parse(startAt) }),
  });
  return new RunningCloud(cloud, options, () => cloud.close());
}

interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where it is, and the file with root's access key, where signatures are checked. */
interface Started {
  readonly endpoint: string;
  readonly credentials?: string | undefined;
}

/** Whose the first access key is. */
const ROOT_ACCOUNT = "000000000000";

function readKey(file: string): AccessKey {
  const [, accessKeyId, secretAccessKey] = /_id = (\S+)\n\S+ = (\S+)\n/.exec(readFileSync(file, "utf8"))!;
  return { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
}

/** A cloud that runs, as its clients and its test see it. */
export class RunningCloud implements AsyncDisposable {
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  readonly #key: AccessKey;
  readonly #process: CloudProcess | undefined;
  readonly #close: () => Promise<void>;

  constructor({ endpoint, credentials }: Started, { account, region }: StartOptions, close: () => Promise<void>, process?: CloudProcess) {
    this.endpoint = endpoint;
    this.account = credentials === undefined ? (account ?? "111122223333") : ROOT_ACCOUNT;
    this.region = region ?? "eu-west-1";
    this.#key = credentials === undefined ? { accessKeyId: this.account, secretAccessKey: "slipway" } : readKey(credentials);
    this.#process = process;
    this.#close = close;
  }

  /** What a client of the AWS SDK for JavaScript is made with. */
  get client(): { endpoint: string; region: string; credentials: AccessKey } {
    return { endpoint: this.endpoint, region: this.region, credentials: this.#key };
  }

  /** What a process needs to talk to it and to nobody else. */
  get env(): Record<string, string> {
    return {
      PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: this.region,
      AWS_DEFAULT_REGION: this.region,
      AWS_ACCESS_KEY_ID: this.#key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.#key.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  /** Let time pass, through every instant that somebody asked for: "90s", "30m", "1h30m". */
  async advance(duration: string): Promise<void> {
    await this.control("clock", { advance: duration });
  }

  /** Let time pass until an event happens that the EventBridge pattern matches; fails where none does within the duration. */
  async advanceUntil(pattern: object, atMost = "1d"): Promise<void> {
    await this.control("clock", { advance: atMost, until: pattern });
  }

  /** Send requests on the cloud's clock, such as { rate: "2/s" }; `stop` answers what came of them. */
  async traffic(
    url: string,
    { rate, ...more }: { rate: string; for?: string; method?: string; body?: string },
  ): Promise<{ id: string; stop: () => Promise<TrafficCount> }> {
    const { id } = await this.control("traffic", { url, rate, ...more });
    return { id, stop: (): Promise<TrafficCount> => this.control("traffic", { stop: id }) };
  }

  /** What the resource of an ARN waits for; without one, what everything waits for. */
  async why(arn?: string): Promise<Wait[]> {
    return (await this.control(arn === undefined ? "why" : `why?arn=${encodeURIComponent(arn)}`)).waits;
  }

  /** Forget everything, or everything of one account. */
  async reset(account?: string): Promise<void> {
    await this.control("reset", account === undefined ? {} : { account });
  }

  /** Ask /_slipway something; a body makes it a POST. */
  async control(path: string, body?: object): Promise<any> {
    const url = new URL(`/_slipway/${path}`, this.endpoint);
    url.searchParams.set("account", this.account);
    url.searchParams.set("region", this.region);
    const response = await fetch(url, body && { method: "POST", body: JSON.stringify(body) });
    const answer = (await response.json()) as any;
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }

  close(): Promise<void> {
    return this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  /** End its process with a signal that it does not hear, as a power cut would. */
  async kill(): Promise<void> {
    await this.#own().end("SIGKILL");
  }

  /** Once its process has ended by itself: with what exit code, and what it complained of. */
  async ended(): Promise<{ code: number | null; complaints: string }> {
    const { ended, complaints } = this.#own();
    return { code: await ended, complaints: complaints() };
  }

  #own(): CloudProcess {
    if (this.#process === undefined) throw new Error("only an isolated cloud has a process of its own");
    return this.#process;
  }
}

interface CloudProcess {
  /** The exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  complaints(): string;
  end(signal: NodeJS.Signals): Promise<unknown>;
}

/** Beside the sources, or beside the bundle. */
const MAIN = fileURLToPath(
  import.meta.url.endsWith(".ts") ? new URL("../main.ts", import.meta.url) : new URL("../main.js", import.meta.url),
);

async function startChild(options: StartOptions): Promise<RunningCloud> {
  const { port = 0, host = "127.0.0.1", clock = "virtual", seed = 1, trust = "open", folder, startAt, wrapper = [] } = options;
  const where = folder === undefined ? ["--ephemeral"] : ["--data", folder];
  const from = startAt === undefined ? [] : ["--start", startAt];
  const start = [
    MAIN,
    "start",
    "--json",
    "--port",
    String(port),
    "--host",
    host,
    "--clock",
    clock,
    "--seed",
    String(seed),
    "--trust",
    trust,
  ];
  const [command, ...args] = [...wrapper, process.execPath, ...start, ...where, ...from];
  const child = spawn(command!, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const ended = once(child, "close").then(([code]) => code as number | null);
  const end = (signal: NodeJS.Signals): Promise<unknown> => {
    child.kill(signal);
    return ended;
  };
  const ready = await Promise.race([
    once(createInterface(child.stdout), "line").then(([line]) => line as string),
    ended.then((code) => {
      throw new Error(`the cloud ended with ${code} before it was ready: ${said}`);
    }),
  ]);
  const own: CloudProcess = { ended, complaints: () => said, end };
  return new RunningCloud(JSON.parse(ready) as Started, options, async () => void (await end("SIGTERM")), own);
}
