import { createHash, createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface Frame {
  readonly type: string;
  readonly [member: string]: unknown;
}

export interface Keystroke extends Frame {
  readonly field: string;
  readonly seq: number;
  readonly before: string;
  readonly after: string;
  readonly model?: string;
}

/** The suggestion for a text. Null for no answer at all. */
export type Script = (keystroke: Keystroke) => string | null;

/** Completes the given sentences, if the last line of the text is the beginning of one. */
export function knows(...sentences: string[]): Script {
  return ({ before }) => {
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const sentence = line === "" ? undefined : sentences.find((one) => one.startsWith(line));
    return sentence?.slice(line.length) ?? "";
  };
}

export const TOKEN = "a-token-for-tests";
/** The folder of the built playground. */
export const PLAYGROUND = new URL("../../../backend/foretype/playground/", import.meta.url);
export const CODE = "ABCD-EFGH";
const NONCE = "a-nonce-of-the-scripted-server";

/** A claim that is answered with this challenge: the client's proof that it has the token. */
function proofFor(token: string, said: string): string {
  const blocks = Array.from({ length: Math.ceil(token.length / 32) }, (_, n) => mac(token, `client ${n}`, said));
  const mask = Buffer.concat(blocks);
  return Buffer.from(Buffer.from(token).map((byte, index) => byte ^ (mask[index] ?? 0))).toString("base64url");
}

const mac = (token: string, purpose: string, said: string): Buffer =>
  createHmac("sha256", createHash("sha256").update(token).digest()).update(`foretype.v1 ${purpose}\n${said}`).digest();

export interface Pairing {
  readonly code?: string;
  readonly by_link?: boolean;
}

export interface WordRequest {
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly body: string;
  /** The number of open WebSockets when it arrived. */
  readonly sockets: number;
}

/** How a server knows, or claims to know, the client's token. The last two are those of another program on the server's port. */
export type Knowledge = "knows the token" | "proves nothing" | "proves another token";

/** A server for protocol version 1. Its script gives the answers, and it keeps every frame that it receives. */
export class ScriptedServer {
  readonly received: Frame[] = [];
  /** The requests to exchange a code for a token. */
  readonly pairings: Pairing[] = [];
  script: Script = () => "";
  /** The models that it says it serves. */
  models: readonly [string, ...string[]] = ["scripted"];
  knowledge: Knowledge = "knows the token";
  /** Other suggestions, if they are requested. */
  others: (keystroke: Keystroke) => readonly string[] = () => [];
  /** The number of characters in whose place the text of the script stands, if the client can show that. */
  replaces: (keystroke: Keystroke) => number = () => 0;
  /** The pages that it serves, by path. */
  readonly pages = new Map<string, string>();
  /** The answers to requests about words, by method and path: the status and the body. */
  readonly words = new Map<string, readonly [number, string]>();
  /** The requests about words. */
  readonly wordRequests: WordRequest[] = [];
  /** The built pages of real editors are under `/pages/`. */
  readonly #built = new URL("../../.output/test-pages/", import.meta.url);
  /** The folder of the playground, once it is served. */
  #playground: URL | null = null;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "foretype.v1" });
  #port = 0;
  #held: (() => void)[] | null = null;

  constructor() {
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.on("upgrade", (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#welcome(client));
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Serves the playground's files as the real server does. */
  servePlayground(folder: URL): void {
    this.#playground = folder;
  }

  /** Holds back all answers until the returned function is called. */
  hold(): () => void {
    this.#held = [];
    return () => {
      const held = this.#held ?? [];
      this.#held = null;
      for (const answer of held) answer();
    };
  }

  of(type: string): Frame[] {
    return this.received.filter((frame) => frame.type === type);
  }

  get keystrokes(): Keystroke[] {
    return this.of("keystroke") as Keystroke[];
  }

  #welcome(client: WebSocket): void {
    let expected = "";
    client.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      this.received.push(frame);
      if (frame.type === "hello") expected = this.#challenge(client, frame);
      if (frame.type === "proof") this.#greet(client, frame.proof === expected);
      if (frame.type === "keystroke") this.#complete(client, frame as Keystroke);
    });
  }

  /** Answers a claim. Returns the proof that the client must give. */
  #challenge(client: WebSocket, { key, nonce, address }: Frame): string {
    if (this.knowledge === "proves nothing") {
      this.#greet(client, true);
      return "";
    }
    if (key !== mac(TOKEN, "key", "").toString("hex").slice(0, 32)) {
      client.close(4401);
      return "";
    }
    const said = `${nonce}\n${NONCE}\n${address}`;
    const proof = mac(this.knowledge === "knows the token" ? TOKEN : "another", "server", said).toString("hex");
    client.send(JSON.stringify({ type: "challenge", nonce: NONCE, proof }));
    return proofFor(TOKEN, said);
  }

  #greet(client: WebSocket, isAccepted: boolean): void {
    if (!isAccepted) return client.close(4401);
    const limits = { context_chars: 2000, fields: 64, message_bytes: 32768 };
    const [model] = this.models;
    client.send(JSON.stringify({ type: "welcome", version: 1, model, models: this.models, budget_ms: 300, limits }));
  }

  #complete(client: WebSocket, keystroke: Keystroke): void {
    const text = this.script(keystroke);
    if (text === null) return;
    const { field, seq } = keystroke;
    const answer = {
      type: "suggestion",
      field,
      seq,
      text,
      confidence: 0.9,
      alternatives: keystroke.alternatives
        ? this.others(keystroke).map((other) => ({ text: other, confidence: 0.3 }))
        : [],
      final: true,
      elapsed_ms: 1,
      source: "tree",
    };
    const replaces = keystroke.corrections ? this.replaces(keystroke) : 0;
    const send = () => client.send(JSON.stringify(replaces > 0 ? { ...answer, replaces } : answer));
    if (this.#held) this.#held.push(send);
    else send();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    const page = this.pages.get(path);
    if (page !== undefined) return reply(response, 200, page, path.includes(".") ? typeOf(path) : typeOf(".html"));
    if (path.startsWith("/pages/")) return this.#replyBuilt(path.slice("/pages/".length), response);
    if (path === "/healthz")
      return reply(response, 200, JSON.stringify({ status: "ready", model: "scripted", provider: "none" }));
    if (path.startsWith("/v1/words")) return this.#replyWords(request, response);
    if (path === "/v1/code") return this.#replyCode(request, response);
    if (path !== "/v1/pair") return this.#replyFile(path, response);
    const asked = JSON.parse(await textOf(request)) as Pairing;
    this.pairings.push(asked);
    const right = asked.code === CODE;
    return reply(response, right ? 200 : 401, JSON.stringify(right ? { token: TOKEN } : { code: "unauthorized" }));
  }

  async #replyWords(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const sockets = [...this.#sockets.clients].filter(({ readyState }) => readyState === 1).length;
    const body = await textOf(request);
    this.wordRequests.push({ method, url, token: headers.authorization ?? "", body, sockets });
    const [status, answer] = this.words.get(`${method} ${url.split("?")[0]}`) ?? [404, "Not Found."];
    reply(response, status, answer);
  }

  #replyCode({ headers }: IncomingMessage, response: ServerResponse): void {
    const isKnown = headers.authorization === `Bearer ${TOKEN}`;
    reply(response, isKnown ? 200 : 401, JSON.stringify({ code: isKnown ? CODE : "unauthorized" }));
  }

  async #replyBuilt(name: string, response: ServerResponse): Promise<void> {
    const content = await readFile(new URL(name, this.#built)).catch(() => null);
    if (!content) return reply(response, 404, "Not found.", "text/plain");
    response.setHeader("cache-control", "max-age=3600");
    reply(response, 200, content, typeOf(name));
  }

  async #replyFile(path: string, response: ServerResponse): Promise<void> {
    const name = path === "/" ? "index.html" : path.slice(1);
    const content = this.#playground && (await readFile(new URL(name, this.#playground)).catch(() => null));
    if (!content) return reply(response, 404, "Not found.", "text/plain");
    response.setHeader("content-security-policy", POLICY.replaceAll("HOST", this.origin.slice("http://".length)));
    reply(response, 200, content, typeOf(name));
  }
}

/** The policy that the real server sends with its page. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' ws://HOST wss://HOST; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  xml: "text/xml",
  xhtml: "application/xhtml+xml",
};

const typeOf = (name: string) => `${TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream"}; charset=utf-8`;

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

function reply(response: ServerResponse, status: number, body: string | Buffer, type = "application/json"): void {
  response.writeHead(status, { "content-type": type }).end(body);
}
