/**
 * wait: somebody waits for it (a bake, a step of a shift). tick: it recurs (a schedule, an alarm's period, traffic).
 * deadline: it must not come (a timeout). Only waits pull an `auto` clock forward.
 */
export type WaitKind = "wait" | "tick" | "deadline";

export type ClockMode = "real" | "auto" | "virtual";

interface Due {
  readonly key: string;
  readonly at: number;
  readonly kind: WaitKind;
  readonly order: number;
}

/** A task that runs outside holds a virtual clock to the speed of real time, except while it is parked. */
export interface Hold {
  park(): void;
  unpark(): void;
  release(): void;
}

/** Real time, in milliseconds since 1970. The one place that asks for it. */
export const realNow = (): number => Date.now();

/** The only source of time in the cloud, and the list of the instants that somebody asked for. */
export class Clock {
  mode: ClockMode;
  readonly #real: () => number;
  /** auto: how far ahead of real time. virtual: the instant, as of `#since`. */
  #offset = 0;
  #base: number;
  #flowingSince: number | undefined;
  readonly #holds = new Map<string, { parked: boolean }>();
  readonly #due = new Map<string, Due>();
  readonly #all = new Heap();
  readonly #waits = new Heap();
  #order = 0;
  /** Told when a hold is parked or released, and when the mode changes. */
  onChange: () => void = () => {};

  constructor(mode: ClockMode, start?: number, real: () => number = realNow) {
    this.mode = mode;
    this.#real = real;
    this.#base = start ?? (mode === "virtual" ? Date.UTC(2026, 0, 1) : real());
    if (mode !== "virtual" && start !== undefined) this.#offset = Math.max(0, start - real());
  }

  now(): number {
    switch (this.mode) {
      // Real time, but never behind what this cloud has seen already.
      case "real":
      case "auto":
        return this.#real() + this.#offset;
      case "virtual":
        return this.#base + (this.#flowingSince === undefined ? 0 : this.#real() - this.#flowingSince);
    }
  }

  /** Whether the machine's own clock does not tell its time: after a jump it is ahead, in `real` as well. */
  get isOwn(): boolean {
    return this.mode !== "real" || this.#offset > 0;
  }

  /** Change the mode; time never goes back. */
  setMode(mode: ClockMode): void {
    const now = this.now();
    this.#flowingSince = undefined;
    this.mode = mode;
    this.#base = now;
    this.#offset = Math.max(0, now - this.#real());
    this.#flow();
    this.onChange();
  }

  /** Ask for an instant; a key has one at a time. */
  schedule(key: string, at: number, kind: WaitKind): void {
    const known = this.#due.get(key);
    if (known?.at === at && known.kind === kind) return;
    const due = { key, at, kind, order: this.#order++ };
    this.#due.set(key, due);
    this.#all.push(due);
    if (kind === "wait") this.#waits.push(due);
  }

  /** What a power cut does to the list. */
  forget(): void {
    this.#due.clear();
  }

  cancel(key: string): void {
    this.#due.delete(key);
  }

  /** Take the next key whose instant has come. */
  takeDue(): string | undefined {
    this.#peek(this.#waits);
    const next = this.#peek(this.#all);
    if (next === undefined || next.at > this.now()) return undefined;
    this.#all.pop();
    this.#due.delete(next.key);
    return next.key;
  }

  /** The next instant that anybody asked for; with a kind, the next of that kind. */
  next(kind?: "wait"): number | undefined {
    return this.#peek(kind === undefined ? this.#all : this.#waits)?.at;
  }

  /** Jump forward to the instant. Meaningless in `real`. */
  jumpTo(instant: number): void {
    const ahead = instant - this.now();
    if (ahead <= 0) return;
    if (this.mode === "real") throw new Error("real time does not jump");
    if (this.mode === "auto") this.#offset += ahead;
    else this.#base += ahead;
  }

  hold(name: string): Hold {
    const state = { parked: false };
    this.#holds.set(name, state);
    const change = (work: () => void) => () => {
      work();
      this.#flow();
      this.onChange();
    };
    this.#flow();
    return {
      park: change(() => {
        state.parked = true;
      }),
      unpark: change(() => {
        state.parked = false;
      }),
      release: change(() => {
        if (this.#holds.get(name) === state) this.#holds.delete(name);
      }),
    };
  }

  /** The names of the tasks that run and are not parked. */
  holders(): string[] {
    return [...this.#holds].filter(([, { parked }]) => !parked).map(([name]) => name);
  }

  get held(): boolean {
    for (const { parked } of this.#holds.values()) if (!parked) return true;
    return false;
  }

  /** While a task runs, virtual time flows. */
  #flow(): void {
    const now = this.now();
    this.#base = now;
    this.#flowingSince = this.mode === "virtual" && this.held ? this.#real() : undefined;
  }

  #peek(heap: Heap): Due | undefined {
    for (;;) {
      const top = heap.top;
      if (top === undefined || this.#due.get(top.key) === top) return top;
      heap.pop();
    }
  }
}

/** A binary heap of instants, earliest first; those of one instant in the order they were asked for. */
class Heap {
  readonly #items: Due[] = [];

  get top(): Due | undefined {
    return this.#items[0];
  }

  push(item: Due): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): void {
    const items = this.#items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++;
      if (!before(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
  }
}

const before = (one: Due, other: Due): boolean => one.at < other.at || (one.at === other.at && one.order < other.order);
