import { existsSync, readFileSync } from "node:fs";
import { get as httpGet } from "node:http";
import { get as httpsGet } from "node:https";
import { connect } from "node:net";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Probe } from "../processes/daemon-spec";

const probeTimeoutMs = 2_000;

/** Whether a process answers now; never throws. */
export async function answers(probe: Probe, isRunning: boolean): Promise<boolean> {
  if (!isRunning) return false;
  switch (probe.kind) {
    case "running":
      return true;
    case "http":
      return succeeds((onAnswer, signal) => httpGet(probe.url, { signal }, onAnswer));
    case "https":
      return succeeds((onAnswer, signal) =>
        httpsGet(probe.url, { signal, agent: false, ca: readFileSync(probe.caFile), cert: readFileSync(probe.certificateFile), key: readFileSync(probe.keyFile) }, onAnswer),
      );
    case "socket":
      return existsSync(probe.path) && connects(probe.path);
  }
}

function succeeds(send: (onAnswer: (response: IncomingMessage) => void, signal: AbortSignal) => ClientRequest): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = send((response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }, AbortSignal.timeout(probeTimeoutMs));
    sent.once("error", () => resolve(false));
  });
}

function connects(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(probeTimeoutMs, () => socket.destroy());
    socket.once("connect", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
