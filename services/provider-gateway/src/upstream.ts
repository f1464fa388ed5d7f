import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { Problem, problem } from "../../kit/src";
import { MAX_ANSWER_BYTES, MAX_REASON_LENGTH } from "../limits";
import { ProviderFailure } from "./provider-failure";

/** An answer that has begun: its body is still to be read. */
export interface Begun {
  readonly body: Readable;
}

/** Statuses that say that the request is wrong; no other provider would take it. */
const CALLERS_FAULT = [400, 413, 422];

/** @throws ProviderFailure when it is too large or ends too early. */
export async function answerText(provider: string, { body }: Begun, signal: AbortSignal): Promise<string> {
  try {
    const text = await readBounded(body, MAX_ANSWER_BYTES);
    if (text !== undefined) return text;
  } catch (error) {
    if (signal.aborted) throw givenUp(error);
    throw new ProviderFailure(provider, "bad-answer", "broke off its answer", { cause: error });
  }
  throw new ProviderFailure(provider, "bad-answer", `answered with more than ${MAX_ANSWER_BYTES} bytes`);
}

/** The caller hung up, or time ran out. The provider may have done its work all the same. */
export function givenUp(cause: unknown): Problem {
  const headers = { "retry-after": "1" };
  return problem("deadline-exceeded", "the request was given up before a provider's answer was complete; it may have cost something", { headers, cause });
}

/** What an answer means that is not 200. */
export async function rejected(provider: string, response: Dispatcher.ResponseData): Promise<ProviderFailure | Problem> {
  const { statusCode: status, headers } = response;
  const text = await readBounded(response.body, MAX_ANSWER_BYTES).catch(() => undefined);
  const reason = reasonIn(text ?? "");
  if (status === 429) return new ProviderFailure(provider, "busy", `has too much to do: ${reason}`, { retryAfterMs: retryAfterMs(headers["retry-after"]) });
  if (CALLERS_FAULT.includes(status)) {
    return new Problem({
      code: "provider-refused", status: 422, title: "The provider does not accept this request",
      detail: `provider '${provider}' answered ${status}: ${reason}`, extensions: { provider, providerStatus: status },
    });
  }
  const refused = status >= 300 && status < 500 && status !== 408;
  return new ProviderFailure(provider, refused ? "refused" : "server-error", `answered ${status}: ${reason}`);
}

/** @returns undefined when there is more. */
async function readBounded(body: Begun["body"], maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      body.destroy();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The message of OpenAI's error form, else the beginning of the text. */
function reasonIn(text: string): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
  return message === "" ? "no reason was given" : message.slice(0, MAX_REASON_LENGTH);
}

/** Seconds, or a date. */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  if (typeof header !== "string") return undefined;
  const ms = /^\d{1,6}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
