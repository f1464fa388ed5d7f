const SEPARATORS = [Buffer.from("\n\n"), Buffer.from("\r\n\r\n")];

/** Cuts a stream of server-sent events into its events, separators included, whatever pieces it comes in. */
export class EventSplitter {
  #rest = Buffer.alloc(0);

  /** @returns the events that are complete now. */
  push(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const events: Buffer[] = [];
    for (let end = endOfEvent(this.#rest); end > 0; end = endOfEvent(this.#rest)) {
      events.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
    return events;
  }

  /** What has come of the next event. */
  get rest(): Buffer {
    return this.#rest;
  }
}

function endOfEvent(bytes: Buffer): number {
  const ends = SEPARATORS.map((separator) => ({ at: bytes.indexOf(separator), length: separator.length })).filter(({ at }) => at >= 0);
  return ends.length === 0 ? 0 : Math.min(...ends.map(({ at, length }) => at + length));
}

/** The data of one event. Undefined: it has none, as a comment that keeps the connection open. */
export function dataOf(event: Buffer): string | undefined {
  const lines = event.toString().split(/\r?\n/).filter((line) => line.startsWith("data:"));
  return lines.length === 0 ? undefined : lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
}
