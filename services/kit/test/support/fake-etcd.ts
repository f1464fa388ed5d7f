import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { readFile } from "node:fs/promises";
import { createSecureServer } from "node:http2";
import type { ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { KV } from "../../src/etcd/gen/rpc_pb";
import type { TlsFiles } from "../../src/etcd";

/** What a member does with a call that has arrived. */
export type Behaviour = "answer" | "break" | "hang" | "no leader" | "overloaded";

export interface FakeMember {
  readonly endpoint: string;
  /** Calls that arrived, by method. */
  readonly arrived: { range: number; put: number; txn: number };
  behaviour: Behaviour;
  readonly stop: () => Promise<void>;
}

/** A member that fails on demand in ways a real one cannot be made to; it stores nothing. */
export async function startFakeMember(tls: TlsFiles, server: { readonly certFile: string; readonly keyFile: string }): Promise<FakeMember> {
  const arrived = { range: 0, put: 0, txn: 0 };
  const sessions = new Set<ServerHttp2Session>();
  const member = { arrived, behaviour: "answer" as Behaviour };
  const behave = async (): Promise<void> => {
    switch (member.behaviour) {
      case "answer":
        return;
      case "break":
        for (const session of sessions) session.destroy();
        return;
      case "hang":
        return new Promise(() => undefined);
      case "no leader":
        throw new ConnectError("etcdserver: no leader", Code.Unavailable);
      case "overloaded":
        throw new ConnectError("etcdserver: too many requests", Code.ResourceExhausted);
    }
  };
  const adapter = connectNodeAdapter({
    routes: (router) =>
      router.service(KV, {
        range: async () => { arrived.range += 1; await behave(); return {}; },
        put: async () => { arrived.put += 1; await behave(); return {}; },
        txn: async () => { arrived.txn += 1; await behave(); return { succeeded: true }; },
      }),
  });
  const [cert, key, ca] = await Promise.all([readFile(server.certFile), readFile(server.keyFile), readFile(tls.caFile)]);
  const http = createSecureServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true }, adapter);
  http.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => undefined);
    session.once("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => http.close(resolve));
    for (const session of sessions) session.destroy();
    await closed;
  };
  return Object.assign(member, { endpoint: `https://127.0.0.1:${port}`, stop });
}
