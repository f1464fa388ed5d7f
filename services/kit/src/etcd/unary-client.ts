import { Code, ConnectError } from "@connectrpc/connect";
import type { Http2SessionManager } from "@connectrpc/connect-node";
import type { UniversalClientFn, UniversalClientResponse } from "@connectrpc/connect/protocol";
import { constants } from "node:http2";
import type { ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { Readable } from "node:stream";

/**
 * An HTTP/2 client for calls with one request and one answer.
 *
 * connect-node's own sends a request's end after its data, in a frame of its own. Under load etcd has answered by
 * then, resets the stream without an error, as HTTP/2 allows, and the answer that was received is lost
 * ("Premature close"): a change was made and its caller is told that nobody knows. Here data and end leave
 * together, and an answer is read from its first byte.
 */
export function unaryHttpClient(session: Http2SessionManager, maxAnswerBytes: number): UniversalClientFn {
  return async ({ url, method, header, body, signal }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk);
    const stream = await session.request(method, new URL(url).pathname, Object.fromEntries(header), { endStream: false });
    try {
      const answered = readAnswer(stream, signal, maxAnswerBytes);
      stream.end(Buffer.concat(chunks));
      return await answered;
    } finally {
      // No effect on a stream that ended by itself.
      stream.close(constants.NGHTTP2_CANCEL);
      session.notifyResponseByteRead(stream);
    }
  };
}

function readAnswer(stream: ClientHttp2Stream, signal: AbortSignal | undefined, maxBytes: number): Promise<UniversalClientResponse> {
  return new Promise((resolve, reject) => {
    let head: (IncomingHttpHeaders & { readonly ":status"?: number }) | undefined;
    let tail: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    let bytes = 0;
    let fault: Error | undefined;
    const fail = (error: Error): void => {
      fault ??= error;
      stream.close(constants.NGHTTP2_CANCEL);
      settle();
    };
    const onAbort = (): void => fail(new ConnectError("given up", Code.Canceled, undefined, undefined, signal?.reason));
    const settle = (): void => {
      signal?.removeEventListener("abort", onAbort);
      if (fault !== undefined) reject(fault);
      else if (head === undefined) reject(new ConnectError(`the stream ended without an answer (${resetName(stream.rstCode)})`, Code.Unavailable));
      else resolve({ status: head[":status"] ?? 0, header: toHeaders(head), body: Readable.from([Buffer.concat(chunks)]), trailer: toHeaders(tail) });
    };
    stream.on("response", (headers: IncomingHttpHeaders) => (head = headers));
    stream.on("trailers", (headers: IncomingHttpHeaders) => (tail = headers));
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) fail(new ConnectError(`the answer is larger than ${maxBytes} bytes`, Code.ResourceExhausted));
      else chunks.push(chunk);
    });
    stream.on("error", (error: Error) => (fault ??= error));
    stream.once("close", settle);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
}

function resetName(code: number | undefined): string {
  return code === constants.NGHTTP2_REFUSED_STREAM ? "NGHTTP2_REFUSED_STREAM" : `code ${String(code)}`;
}

function toHeaders(headers: IncomingHttpHeaders): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) result.append(name, each);
  }
  return result;
}
