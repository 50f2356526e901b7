import { lstatSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/**
 * The path in a folder whose contents strangers write, for us to read or write. Throws where it leads out of the folder,
 * by its own text or through a symbolic link on the way. The last part may be a link itself: do not follow it.
 */
export function confinedPath(root: string, path: string): string {
  const target = resolve(root, path);
  if (!lies(target, root)) throw new Error(`${path} leads out of its folder`);
  if (target !== root && !lies(realpathSync(nearestExisting(dirname(target))), realpathSync(root))) {
    throw new Error(`${path} leads out of its folder through a symbolic link`);
  }
  return target;
}

/** As `confinedPath`, for what is read: links in it may be followed, but not out of the folder. Undefined where there is nothing. */
export function confinedExisting(root: string, path: string): string | undefined {
  const target = confinedPath(root, path);
  if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    const real = realpathSync(target);
    return lies(real, realpathSync(root)) ? real : undefined;
  } catch {
    return undefined;
  }
}

function nearestExisting(path: string): string {
  let found = path;
  while (lstatSync(found, { throwIfNoEntry: false }) === undefined) found = dirname(found);
  return found;
}

function lies(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === "" || (!isAbsolute(way) && way !== ".." && !way.startsWith(join("..", sep)));
}
