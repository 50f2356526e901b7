import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

/** What a server of this machine proves itself by that no authority knows; good from 2020 to 2120. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBVDCB+qADAgECAgEBMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD2dpdC5leGFt
cGxlLmNvbTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGjEYMBYG
A1UEAwwPZ2l0LmV4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
2DVcK03GXNOUizyySf/aUQ+dO9k+QlmInZSMJS6gljxJ2m+2HUimx+iouEt0460g
NFE603xqF1gbMk1AZRYj+KMvMC0wDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzAR
hwR/AAABgglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDSQAwRgIhANB/0K3e5b4NvAbY
ictYyqEUgP9N7qVOPLNiCIUHJrsFAiEA26Coa+taiU6aeXoYFL5vPhMEslpsWUxo
7swOcUuVWuk=
-----END CERTIFICATE-----
`;

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgz41yt6KFCVjvKhco
O4G+PD58qn0l+kArbehHRS+MNQKhRANCAATYNVwrTcZc05SLPLJJ/9pRD5072T5C
WYidlIwlLqCWPEnab7YdSKbH6Ki4S3TjrSA0UTrTfGoXWBsyTUBlFiP4
-----END PRIVATE KEY-----
`;

/** A server that speaks TLS with that certificate. */
export async function startTlsServer(answer: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
