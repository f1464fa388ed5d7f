import { Code, ConnectError } from "@connectrpc/connect";
import { EtcdError } from "./errors";
import type { EtcdCode } from "./errors";

/** Refusals that come before a request enters etcd's log, so that the change was surely not made. */
const SURELY_NOT_APPLIED = ["etcdserver: no leader", "etcdserver: not leader", "etcdserver: too many requests", "NGHTTP2_REFUSED_STREAM"];

/** The error that a call on a connected member threw, in this client's terms. */
export function translate(what: string, thrown: unknown): EtcdError {
  if (thrown instanceof EtcdError) return thrown;
  const { code, rawMessage } = ConnectError.from(thrown);
  const kind = codeOf(code, rawMessage);
  const lost = kind === "unavailable" || kind === "deadline";
  const applied = lost && !SURELY_NOT_APPLIED.some((text) => rawMessage.includes(text)) ? "unknown" : "no";
  return new EtcdError(kind, `${what}: ${rawMessage}`, { applied, cause: thrown });
}

function codeOf(code: Code, message: string): EtcdCode {
  switch (code) {
    case Code.DeadlineExceeded:
      return "deadline";
    case Code.OutOfRange:
      return message.includes("compacted") ? "compacted" : "rejected";
    case Code.NotFound:
      return "lease-not-found";
    case Code.ResourceExhausted:
      return message.includes("too many requests") ? "unavailable" : "rejected";
    case Code.InvalidArgument:
    case Code.PermissionDenied:
    case Code.Unauthenticated:
    case Code.FailedPrecondition:
    case Code.Unimplemented:
    case Code.AlreadyExists:
      return "rejected";
    case Code.Unavailable:
    case Code.Aborted:
    case Code.Canceled:
    case Code.Internal:
    case Code.Unknown:
    case Code.DataLoss:
      // The connection broke, or the member could not say: nothing is known about a change.
      return "unavailable";
  }
}
