/** The integer and floating-point types that schemas call only "numeric". */
export type NumberType = "byte" | "short" | "integer" | "long" | "float" | "double";

/** What the model says about a member's value, beyond its shape. */
export interface Constraint {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly type?: NumberType;
  readonly unique?: boolean;
  /** About each item of a list. */
  readonly each?: Constraint;
  /** About the keys and the values of a map. */
  readonly key?: Constraint;
  readonly value?: Constraint;
}

/** A service's constraints, by structure and member. */
export type ConstraintTable = Readonly<Record<string, Readonly<Record<string, Constraint>>>>;

/** The file data/constraints.json: equal constraints are kept once, in the pool. */
interface ConstraintFile {
  readonly pool: readonly Constraint[];
  readonly svc: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>;
}

/** One service's part of the file. */
export function tableOf(file: ConstraintFile, service: string): ConstraintTable {
  const table: Record<string, Record<string, Constraint>> = {};
  for (const [structure, members] of Object.entries(file.svc[service] ?? {})) {
    const constraints: Record<string, Constraint> = {};
    for (const [member, index] of Object.entries(members)) constraints[member] = file.pool[index]!;
    table[structure] = constraints;
  }
  return table;
}

export type { ConstraintFile };
