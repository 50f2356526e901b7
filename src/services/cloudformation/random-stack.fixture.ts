import { thing } from "./story.fixture.ts";

/** Numbers that look random and are the same for a seed. */
export function chance(seed: number): (below: number) => number {
  let state = seed * 7919 + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

export type Resources = Record<string, ReturnType<typeof thing>>;

/** Things that refer only to those before them. Some are slow, some are replaced, some wait for others without naming them. */
export function randomResources(next: (below: number) => number): Resources {
  const names = ["A", "B", "C", "D", "E", "F"].filter(() => next(4) > 0);
  const found: Resources = { Root: thing({ Text: next(3) }) };
  names.forEach((name, index) => {
    const other = index === 0 ? "Root" : names[next(index)]!;
    const Of = [{ Ref: other }, { "Fn::GetAtt": [other, "Arn"] }, { "Fn::Sub": `x-\${${other}}` }, "nothing"][next(4)];
    const slow = next(3) === 0 ? { CreateSeconds: next(20), UpdateSeconds: next(20), RemoveSeconds: next(20) } : {};
    found[name] = thing({ Text: next(3), Replace: next(3), Of, ...slow }, next(3) === 0 ? { DependsOn: other } : {});
  });
  return found;
}
