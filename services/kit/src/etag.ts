import { problem } from "./problem";

/** A strong entity tag: equal tags mean equal bytes, so a revision has to change with every change. */
export function toETag(revision: string | number | bigint): string {
  return `"${String(revision)}"`;
}

/** Tags of `If-Match` or `If-None-Match`. `*` stands for anything that exists. */
function tagsOf(header: string): "*" | readonly string[] {
  return header.trim() === "*" ? "*" : (header.match(/(?:W\/)?"[^"]*"/g) ?? []);
}

/**
 * Lets a change through that was made for what is there now, or for no version in particular.
 *
 * @param ifMatch the request's `If-Match`
 * @param current tag of what is there
 * @throws Problem 412 when it has changed since. Weak tags never match here, as RFC 9110 has it.
 */
export function requireMatch(ifMatch: string | undefined, current: string): void {
  if (ifMatch === undefined) return;
  const tags = tagsOf(ifMatch);
  if (tags === "*" || tags.includes(current)) return;
  throw problem("precondition-failed", `'If-Match' (${ifMatch}) is not the present version (${current}); read it again`, { headers: { etag: current } });
}

/** Whether a reader who sends this `If-None-Match` has what is there already. Weak and strong tags count alike. */
export function isNotModified(ifNoneMatch: string | undefined, current: string | undefined): boolean {
  if (ifNoneMatch === undefined || current === undefined) return false;
  const strong = (tag: string): string => tag.replace(/^W\//, "");
  const tags = tagsOf(ifNoneMatch);
  return tags === "*" || tags.some((tag) => strong(tag) === strong(current));
}
