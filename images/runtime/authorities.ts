import { rootCertificates } from "node:tls";
import { bytesContent } from "../oci/content";
import { file } from "../oci/tar";
import type { TarEntry } from "../oci/tar";

const readable = 0o644;

/**
 * The public certificate authorities, where programs look for them. They are those that the pinned Node carries: the
 * same on every machine, whatever its own list.
 */
export function authorities(): TarEntry {
  return file("/etc/ssl/certs/ca-certificates.crt", readable, bytesContent(`${rootCertificates.join("\n")}\n`));
}
