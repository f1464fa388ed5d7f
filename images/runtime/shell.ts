import { symlink } from "../oci/tar";
import type { TarEntry } from "../oci/tar";
import type { Program } from "./base";

/** Commands that scripts of images may use besides those of the shell itself; each is a link to BusyBox. */
export const shellCommands = [
  "sh", "awk", "base64", "basename", "cat", "chmod", "cmp", "cp", "cut", "date", "dd", "df", "dirname", "du", "echo", "env",
  "false", "find", "grep", "gunzip", "gzip", "head", "hostname", "id", "kill", "ln", "ls", "mkdir", "mktemp", "mv", "nc", "od",
  "printf", "ps", "pwd", "readlink", "realpath", "rm", "rmdir", "sed", "seq", "sha256sum", "sleep", "sort", "stat", "sync",
  "tail", "tar", "tee", "test", "timeout", "touch", "tr", "true", "uname", "uniq", "wc", "xargs", "zcat",
] as const;

const shellPath = "/bin/busybox";

/** BusyBox as a program of an image, for those that run scripts. */
export function shell(busybox: string): Program {
  return { binary: busybox, path: shellPath };
}

/** Links in /bin, one for each command. */
export function shellLinks(): TarEntry[] {
  return shellCommands.map((command) => symlink(`/bin/${command}`, "busybox"));
}
