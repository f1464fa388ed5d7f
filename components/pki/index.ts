export { CERTIFICATE_FILES, CertificateAuthority } from "./certificate-authority";
export type { AuthorityArgs, IssueArgs } from "./certificate-authority";
