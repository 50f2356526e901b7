/**
 * Compile a text in which * stands for any characters, and \* and \\ for themselves. The time that a match takes grows with the
 * length of the value times that of the pattern, never faster.
 */
export function compileWildcard(pattern: string, invalid: (reason: string) => never): (text: string) => boolean {
  const pieces = split(pattern, invalid);
  const [first, ...rest] = pieces as [string, ...string[]];
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let from = first.length;
    // The earliest place for each piece leaves most room for those that follow.
    for (const piece of rest) {
      const at = text.indexOf(piece, from);
      if (at === -1 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return true;
  };
}

/** The texts between the wildcards. */
function split(pattern: string, invalid: (reason: string) => never): string[] {
  const pieces = [""];
  // AWS counts the quote with which its own form of the value begins.
  const place = (index: number): number => Buffer.byteLength(pattern.slice(0, index)) + 1;
  for (let index = 0; index < pattern.length; index++) {
    const [character, next] = [pattern[index]!, pattern[index + 1]];
    if (character === "*") {
      if (next === "*") invalid(`Consecutive wildcard characters at pos ${place(index)}`);
      pieces.push("");
    } else if (character === "\\") {
      if (next !== "*" && next !== "\\") invalid(`Invalid escape character at pos ${place(index)}`);
      pieces[pieces.length - 1] += next;
      index++;
    } else {
      pieces[pieces.length - 1] += character;
    }
  }
  return pieces;
}
