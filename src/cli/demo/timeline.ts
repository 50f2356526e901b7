/** An event as GET /_slipway/events tells it. */
export interface TimedEvent {
  readonly id: string;
  readonly time: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, any>>;
  readonly resources: readonly string[];
}

type Teller = (detail: Readonly<Record<string, any>>, event: TimedEvent) => string | undefined;

/** What is worth telling, by the type of the event. */
const TELLERS: Readonly<Record<string, Teller>> = {
  "CodeCommit Repository State Change": ({ event, referenceName, commitId, repositoryName }) =>
    `${event === "referenceCreated" ? "branch" : "push to"} ${referenceName} of ${repositoryName}: commit ${short(commitId)}`,
  "CodePipeline Pipeline Execution State Change": ({ pipeline, state }) => `pipeline ${pipeline} ${state.toLowerCase()}`,
  "CodePipeline Action Execution State Change": ({ stage, action, state, ...detail }) => {
    if (state === "STARTED") return undefined;
    const why = state === "FAILED" ? `: ${detail["execution-result"]?.["external-execution-summary"] ?? "no reason given"}` : "";
    return `  ${stage} / ${action} ${state.toLowerCase()}${why}`;
  },
  "CodeBuild Build State Change": (detail) =>
    detail["build-status"] === "IN_PROGRESS"
      ? undefined
      : `    build ${String(detail["build-id"]).split(":").at(-1)!.slice(0, 8)} ${detail["build-status"].toLowerCase()}`,
  "CloudFormation Stack Status Change": (detail) => {
    const { status, "status-reason": reason } = detail["status-details"] ?? {};
    const name = String(detail["stack-id"]).split("/")[1];
    return `    stack ${name} ${status}${reason ? `: ${reason}` : ""}`;
  },
  "CodeDeploy Deployment State-change Notification": ({ deploymentId, state }) =>
    `    deployment ${deploymentId} ${{ START: "begins to move the traffic", SUCCESS: "has moved it", STOP: "stopped", FAILURE: "failed" }[state as "START"]}`,
  "CloudWatch Alarm State Change": ({ alarmName, state, previousState }) =>
    `    alarm ${alarmName}: ${previousState.value} → ${state.value}. ${state.reason}`,
};

const short = (commit: string): string => commit.slice(0, 8);

/** Tells the events of a cloud as they happen: the virtual instant, what happened, why. */
export class Timeline {
  readonly #endpoint: string;
  readonly #query: string;
  readonly #print: (line: string) => void;
  #next: string | undefined;
  #told = "";
  #telling: Promise<void> = Promise.resolve();

  constructor(endpoint: string, partition: { account: string; region: string }, print: (line: string) => void) {
    this.#endpoint = endpoint;
    this.#query = String(new URLSearchParams(partition));
    this.#print = print;
  }

  /** Tell what has happened since the last time; whoever asks meanwhile waits for it. */
  tell(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tellNew());
    return this.#telling;
  }

  async #tellNew(): Promise<void> {
    for (;;) {
      const after = this.#next === undefined ? "" : `&after=${this.#next}`;
      const answer = (await (await fetch(`${this.#endpoint}/_slipway/events?${this.#query}${after}`)).json()) as {
        events: TimedEvent[];
        next?: string;
      };
      this.#next = answer.next ?? this.#next;
      for (const event of answer.events) this.#tellOne(event);
      if (answer.events.length < 1000) return;
    }
  }

  #tellOne(event: TimedEvent): void {
    const line = TELLERS[event.detailType]?.(event.detail, event);
    // CloudFormation tells a stack's status once when it begins and once when it ends; the same words twice say nothing.
    if (line === undefined || line === this.#told) return;
    this.#told = line;
    this.#print(`${event.time.slice(11, 19)}  ${line}`);
  }
}
