/** Three parts of a JSON Web Token; the first begins with `{"` in base64url. */
const FORM = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Whether the token itself is sent over this address, because the server can check it but does not know it. Only a signed token, and only
 * over TLS: there the certificate proves the server.
 */
export const isSentItself = (token: string, socketUrl: string): boolean =>
  socketUrl.startsWith("wss:") && isSigned(token);

/** Whether the token has the form of a signed one, as `foretype token mint` prints it. */
export const isSigned = (token: string): boolean => FORM.test(token);
