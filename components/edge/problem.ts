/** Titles of the answers that the edge gives by itself. */
const TITLES: Readonly<Record<number, string>> = {
  404: "No such path",
  405: "Method not allowed on this path",
};

/** Body of an RFC 9457 problem. */
export function problemBody(status: number): string {
  return JSON.stringify({ type: "about:blank", title: TITLES[status] ?? "Error", status });
}
