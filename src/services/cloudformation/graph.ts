/** Who needs whom: each node with the nodes that must come before it. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The nodes, each after all that it needs; among those that could come next, the one that was named first. The nodes of a
 * cycle are left out: see `cycle`.
 */
export function order(graph: Graph): string[] {
  const ordered = new Set<string>();
  const dependants = reverse(graph);
  const missing = new Map([...graph].map(([node, needs]) => [node, [...needs].filter((need) => graph.has(need)).length]));
  const rank = new Map([...graph.keys()].map((node, index) => [node, index]));
  let ready = [...graph.keys()].filter((node) => missing.get(node) === 0);
  while (ready.length > 0) {
    const next: string[] = [];
    for (const node of ready) {
      ordered.add(node);
      for (const dependant of dependants.get(node)!) {
        const left = missing.get(dependant)! - 1;
        missing.set(dependant, left);
        if (left === 0) next.push(dependant);
      }
    }
    ready = next.sort((one, other) => rank.get(one)! - rank.get(other)!);
  }
  return [...ordered];
}

/** The same nodes with every edge turned round: what must be gone before each can go. */
export function reverse(graph: Graph): Map<string, Set<string>> {
  const reversed = new Map([...graph.keys()].map((node) => [node, new Set<string>()]));
  for (const [node, needs] of graph) for (const need of needs) reversed.get(need)?.add(node);
  return reversed;
}

/** The nodes that lie on or between cycles, in the order they were named; empty where an order exists. */
export function cycle(graph: Graph): string[] {
  // What has an order from either end lies before or behind all cycles.
  const sorted = new Set([...order(graph), ...order(reverse(graph))]);
  return [...graph.keys()].filter((node) => !sorted.has(node));
}
