/**
 * A token that is not sent (docs/protocol.md): the server proves that it knows the token, then the client proves that it has it. Another
 * program that listens on the server's port can do neither, and gets nothing.
 */

/** The members of a `hello` that replace the token. */
export interface Claim {
  readonly key: string;
  readonly nonce: string;
  readonly address: string;
}

export interface Challenge {
  readonly nonce: string;
  readonly proof: string;
}

/** One client's token, for any number of connections. Needs a secure context, as `crypto.subtle` does. */
export class Prover {
  readonly #token: Uint8Array;
  readonly #key: Promise<CryptoKey>;

  constructor(token: string) {
    this.#token = new TextEncoder().encode(token);
    this.#key = keyOf(this.#token);
  }

  /** The claim for a connection to a URL. */
  async claim(url: string): Promise<Claim> {
    const key = hex(await this.#mac("key", "")).slice(0, 32);
    return { key, nonce: base64url(crypto.getRandomValues(new Uint8Array(24))), address: new URL(url).host };
  }

  /** The client's proof, or null if the server's proof is wrong. */
  async answer(claim: Claim, challenge: Challenge): Promise<string | null> {
    const said = `${claim.nonce}\n${challenge.nonce}\n${claim.address}`;
    if (hex(await this.#mac("server", said)) !== challenge.proof) return null;
    const blocks = Array.from({ length: Math.ceil(this.#token.length / 32) }, (_, n) => this.#mac(`client ${n}`, said));
    const mask = (await Promise.all(blocks)).flatMap((block) => [...block]);
    return base64url(this.#token.map((byte, index) => byte ^ (mask[index] ?? 0)));
  }

  async #mac(purpose: string, said: string): Promise<Uint8Array> {
    const content = new TextEncoder().encode(`foretype.v1 ${purpose}\n${said}`);
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, content));
  }
}

async function keyOf(token: Uint8Array): Promise<CryptoKey> {
  const digest = await crypto.subtle.digest("SHA-256", token as BufferSource);
  return crypto.subtle.importKey("raw", digest, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
